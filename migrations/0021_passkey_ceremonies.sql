-- A ceremony of WebAuthn between its start (the challenge goes out) and its end (the answer comes back). In the database and not in
-- memory: any instance may get the answer, and `used_at` makes a challenge count once (security.md line 26).
CREATE TABLE passkey_ceremony (
    id           uuid PRIMARY KEY,
    kind         text NOT NULL CHECK (kind IN ('register', 'login', 'second_factor', 'confirm')),
    -- The session that began it: no other one may end it.
    session_id   uuid REFERENCES session ON DELETE CASCADE,
    -- Of a sign-in, which has no session yet: SHA-256 of a random cookie of the browser.
    browser_hash bytea CHECK (octet_length(browser_hash) = 32),
    -- What the library keeps: the challenge and what was asked for.
    state        jsonb NOT NULL,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL CHECK (expires_at > created_at),
    used_at      timestamptz,
    CONSTRAINT passkey_ceremony_bound CHECK ((kind = 'login') = (session_id IS NULL) AND (session_id IS NULL) <> (browser_hash IS NULL))
);
CREATE INDEX passkey_ceremony_session_idx ON passkey_ceremony (session_id);
CREATE INDEX passkey_ceremony_expires_idx ON passkey_ceremony (expires_at);
