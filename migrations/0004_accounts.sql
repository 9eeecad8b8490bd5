-- People. A staff member is an account with roles; a candidate is an account with a candidate ID.
CREATE TABLE account (
    id             uuid PRIMARY KEY,
    candidate_id   text UNIQUE CHECK (candidate_id ~ '^CP[0-9A-HJKMNP-TV-Z]{8}$'),
    given_name     text NOT NULL CHECK (char_length(given_name) BETWEEN 1 AND 200),
    family_name    text NOT NULL CHECK (char_length(family_name) BETWEEN 1 AND 200),
    password_hash  text,
    password_changed_at timestamptz,
    country        text NOT NULL REFERENCES country,
    subdivision    text REFERENCES subdivision,
    language       text NOT NULL,
    time_zone      text NOT NULL,
    company        text,
    job_role       text,
    industry       text,
    date_of_birth  date,
    -- Base of the RFC 6238 second factor; absent while none is enrolled.
    totp_secret    bytea,
    -- The last time step a code was accepted for: a code works once.
    totp_last_step bigint,
    created_at     timestamptz NOT NULL,
    disabled_at    timestamptz
);

CREATE TABLE account_email (
    id          uuid PRIMARY KEY,
    account_id  uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    address     text NOT NULL CHECK (char_length(address) BETWEEN 3 AND 254),
    is_primary  boolean NOT NULL,
    verified_at timestamptz,
    created_at  timestamptz NOT NULL
);
-- Case-insensitive: Anna@x.org and anna@x.org are one mailbox for us.
CREATE UNIQUE INDEX account_email_address_key ON account_email (lower(address));
CREATE UNIQUE INDEX account_email_primary_key ON account_email (account_id) WHERE is_primary;
CREATE INDEX account_email_account_idx ON account_email (account_id);

CREATE TABLE agreement_acceptance (
    account_id  uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    version     text NOT NULL,
    accepted_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, version)
);

-- Mailed single-use links. Only the SHA-256 of the token is kept.
CREATE TABLE account_link (
    token_hash bytea PRIMARY KEY,
    purpose    text NOT NULL CHECK (purpose IN ('verify_email', 'reset_password', 'staff_invitation')),
    account_id uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    email_id   uuid REFERENCES account_email ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);
CREATE INDEX account_link_account_idx ON account_link (account_id, purpose, created_at);

CREATE TABLE account_role (
    account_id uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    role       text NOT NULL CHECK (role IN ('support_agent', 'ce_reviewer', 'exam_manager', 'site_manager',
                                             'proctor', 'finance', 'auditor', 'administrator')),
    granted_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, role)
);

CREATE TABLE session (
    id           uuid PRIMARY KEY,
    -- SHA-256 of the cookie's 256-bit random value.
    token_hash   bytea NOT NULL UNIQUE,
    account_id   uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    -- 'awaiting_factor': the password was right, the second factor is still owed; sees nothing but that page.
    state        text NOT NULL CHECK (state IN ('awaiting_factor', 'active')),
    created_at   timestamptz NOT NULL,
    last_used_at timestamptz NOT NULL,
    -- Last proof of password or factor, for step-up.
    proved_at    timestamptz NOT NULL,
    ended_at     timestamptz,
    address      text NOT NULL,
    user_agent   text NOT NULL
);
CREATE INDEX session_account_idx ON session (account_id) WHERE ended_at IS NULL;

-- Wrong passwords and codes, by key (account and device class, or network address).
CREATE TABLE login_failure (
    key       text NOT NULL,
    failed_at timestamptz NOT NULL
);
CREATE INDEX login_failure_key_idx ON login_failure (key, failed_at);
