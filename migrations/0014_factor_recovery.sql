-- Somebody has lost every second factor and asks for their removal (security.md line 23). Staff check the identity; then the
-- account's owner has three days to object; then a job removes the factors. The row stays as the record of it.
CREATE TABLE factor_recovery (
    id             uuid PRIMARY KEY,
    account_id     uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    -- In the person's words.
    reason         text NOT NULL CHECK (char_length(reason) BETWEEN 1 AND 1000),
    state          text NOT NULL CHECK (state IN ('requested', 'approved', 'refused', 'stopped', 'expired', 'done')),
    requested_at   timestamptz NOT NULL,
    -- Nobody has decided by then: it lapses.
    expires_at     timestamptz NOT NULL,
    decided_at     timestamptz,
    decided_by     uuid REFERENCES account ON DELETE SET NULL,
    -- How the identity was checked, or why the request was refused.
    decision       text CHECK (char_length(decision) BETWEEN 1 AND 1000),
    -- When the factors go, unless somebody stops it before.
    due_at         timestamptz,
    ended_at       timestamptz,
    CONSTRAINT factor_recovery_decided CHECK (state NOT IN ('approved', 'refused', 'done') OR decided_at IS NOT NULL AND decision IS NOT NULL),
    CONSTRAINT factor_recovery_due CHECK (state NOT IN ('approved', 'done') OR due_at IS NOT NULL),
    CONSTRAINT factor_recovery_ended CHECK ((state IN ('requested', 'approved')) = (ended_at IS NULL))
);
-- One open request an account.
CREATE UNIQUE INDEX factor_recovery_open_key ON factor_recovery (account_id) WHERE ended_at IS NULL;
CREATE INDEX factor_recovery_state_idx ON factor_recovery (state, requested_at);
