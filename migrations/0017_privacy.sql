-- What a person may ask of their own data: a copy of it, and its end (product.md section 1, security.md "Personal data").

-- The archives that people asked for. The ZIP stands in the database and not in a directory: it is deleted with the account in one
-- transaction, every instance can hand it out, and no copy is forgotten on a disk. After 24 hours the file is gone and the row stays
-- for as long as the number of requests is counted.
CREATE TABLE data_export (
    id           uuid PRIMARY KEY,
    account_id   uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    requested_at timestamptz NOT NULL,
    ready_at     timestamptz,
    expires_at   timestamptz,
    file         bytea,
    CHECK ((ready_at IS NULL) = (expires_at IS NULL)),
    CHECK (file IS NULL OR ready_at IS NOT NULL)
);
CREATE INDEX data_export_account_idx ON data_export (account_id, requested_at DESC);
-- A second click asks for the archive that is being made.
CREATE UNIQUE INDEX data_export_pending_key ON data_export (account_id) WHERE ready_at IS NULL;

-- Accounts on their way out: 30 days in which their owner may stop it. The row goes with the account.
CREATE TABLE account_erasure (
    id           uuid PRIMARY KEY,
    account_id   uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    -- What becomes of the holder's name on credentials: taken off at once, or kept until each credential expires.
    credentials  text NOT NULL CHECK (credentials IN ('withhold_name', 'keep_name')),
    requested_at timestamptz NOT NULL,
    due_at       timestamptz NOT NULL,
    reminded_at  timestamptz,
    stopped_at   timestamptz
);
CREATE UNIQUE INDEX account_erasure_open_key ON account_erasure (account_id) WHERE stopped_at IS NULL;
CREATE INDEX account_erasure_due_idx ON account_erasure (due_at) WHERE stopped_at IS NULL;

-- Kept records of somebody who was erased hang on an account that stands for nobody: no name, no address, another candidate ID.
ALTER TABLE account ADD COLUMN erased_at timestamptz;

-- What is kept of an erased account, why, and until when. When the time is over the records go, and with the last of them the
-- account that stood for nobody.
CREATE TABLE retention (
    account_id  uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    records     text NOT NULL CHECK (records IN ('orders', 'exams', 'credentials')),
    legal_basis text NOT NULL,
    keep_until  timestamptz NOT NULL,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (account_id, records)
);
CREATE INDEX retention_keep_until_idx ON retention (keep_until);

-- Absent: withheld, because the holder had the account erased.
ALTER TABLE credential ALTER COLUMN holder_name DROP NOT NULL;
