-- The consent of a parent or guardian, without which nobody under 18 books (product.md section 1, "Age"). One row a request: who was
-- asked, what they decided, which text they saw and from where they answered. Rows are kept as the proof of a consent, also after it
-- was withdrawn.
CREATE TABLE guardian_consent (
    id              uuid PRIMARY KEY,
    account_id      uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    guardian_name   text NOT NULL CHECK (char_length(guardian_name) BETWEEN 1 AND 200),
    guardian_email  text NOT NULL CHECK (char_length(guardian_email) BETWEEN 3 AND 254),
    requested_at    timestamptz NOT NULL,
    -- SHA-256 of the mailed token; another one with every mail that is sent again.
    token_hash      bytea NOT NULL UNIQUE,
    expires_at      timestamptz NOT NULL,
    -- Another guardian was named before this one answered.
    replaced_at     timestamptz,
    decision        text CHECK (decision IN ('given', 'declined')),
    decided_at      timestamptz,
    -- The name as the guardian typed it in place of a signature.
    signed_name     text,
    -- Version of the candidate agreement they read.
    text_version    text,
    -- The network address the answer came from.
    decided_from    text,
    -- SHA-256 of the token in the confirmation mail, with which a consent is taken back.
    withdrawal_hash bytea UNIQUE,
    withdrawn_at    timestamptz,
    CHECK ((decision IS NULL) = (decided_at IS NULL)),
    CHECK (decision IS DISTINCT FROM 'given' OR signed_name IS NOT NULL AND text_version IS NOT NULL AND withdrawal_hash IS NOT NULL),
    CHECK (withdrawn_at IS NULL OR decision = 'given')
);
CREATE INDEX guardian_consent_account_idx ON guardian_consent (account_id, requested_at);
-- One request waits, and one consent holds, at a time.
CREATE UNIQUE INDEX guardian_consent_open_key ON guardian_consent (account_id) WHERE decision IS NULL AND replaced_at IS NULL;
CREATE UNIQUE INDEX guardian_consent_given_key ON guardian_consent (account_id) WHERE decision = 'given' AND withdrawn_at IS NULL;
