CREATE TABLE credential (
    id               uuid PRIMARY KEY,
    -- 128 random bits in Crockford base 32 with a check character: unguessable.
    public_id        text NOT NULL UNIQUE,
    account_id       uuid NOT NULL REFERENCES account,
    certification_id uuid NOT NULL REFERENCES certification,
    exam_id          uuid NOT NULL REFERENCES exam,
    -- One credential a pass: releasing twice awards once.
    result_id        uuid UNIQUE REFERENCES exam_result,
    holder_name      text NOT NULL,
    issued_at        timestamptz NOT NULL,
    -- End of day UTC.
    expires_at       timestamptz NOT NULL,
    -- 'expired' is not stored: the clock says it.
    state            text NOT NULL CHECK (state IN ('active', 'superseded', 'revoked')),
    revoked_reason   text,
    -- Raised by every reissue; part of the certificate's address, so that no cache serves the old one.
    version          int NOT NULL DEFAULT 1,
    CHECK ((state = 'revoked') = (revoked_reason IS NOT NULL)),
    CHECK (expires_at > issued_at)
);
CREATE INDEX credential_account_idx ON credential (account_id, issued_at DESC);
