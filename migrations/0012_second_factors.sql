-- Second factors beside the TOTP secret of the account (product.md section 2).

-- WebAuthn credentials. `passkey` is what the library keeps: public key, counter, flags.
CREATE TABLE passkey (
    id            uuid PRIMARY KEY,
    account_id    uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    credential_id bytea NOT NULL UNIQUE,
    name          text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 60),
    passkey       jsonb NOT NULL,
    created_at    timestamptz NOT NULL,
    last_used_at  timestamptz
);
CREATE INDEX passkey_account_idx ON passkey (account_id);

-- A phone that gets codes. One a person; in E.164.
ALTER TABLE account
    ADD COLUMN phone             text CHECK (phone ~ '^\+[1-9][0-9]{6,14}$'),
    ADD COLUMN phone_verified_at timestamptz,
    -- Codes by SMS are a second factor since then.
    ADD COLUMN sms_factor_since  timestamptz,
    ADD CONSTRAINT account_sms_factor_needs_phone CHECK (sms_factor_since IS NULL OR phone IS NOT NULL AND phone_verified_at IS NOT NULL);

-- Ten at a time, each for one login when nothing else is at hand. Argon2id is not needed: 50 random bits, tried slowly.
CREATE TABLE backup_code (
    account_id uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    code_hash  bytea NOT NULL,
    created_at timestamptz NOT NULL,
    used_at    timestamptz,
    PRIMARY KEY (account_id, code_hash)
);

-- Browsers that need no second factor for 30 days because their owner asked for it.
CREATE TABLE trusted_device (
    token_hash bytea PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    user_agent text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX trusted_device_account_idx ON trusted_device (account_id);

-- Whether a login owes a second factor. Backup codes are not one by themselves: they stand in for one.
CREATE FUNCTION has_second_factor(account account) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT account.totp_secret IS NOT NULL OR account.sms_factor_since IS NOT NULL
        OR EXISTS (SELECT 1 FROM passkey p WHERE p.account_id = account.id)
$$;
