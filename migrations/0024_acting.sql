-- Staff act as a candidate (security.md line 42; product.md section 12, "act with reason").

-- One span of it. It lives with the session it was begun in, and for half an hour at most.
CREATE TABLE acting (
    id         uuid PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES session ON DELETE CASCADE,
    staff_id   uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    -- The candidate.
    account_id uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    reason     text NOT NULL CHECK (char_length(reason) BETWEEN 1 AND 500),
    started_at timestamptz NOT NULL,
    -- At the latest.
    ends_at    timestamptz NOT NULL,
    ended_at   timestamptz,
    ended_by   text CHECK (ended_by IN ('stopped', 'signed_out', 'time', 'session', 'role', 'candidate')),
    CONSTRAINT acting_for_another CHECK (staff_id <> account_id),
    CONSTRAINT acting_is_short CHECK (ends_at > started_at AND ends_at <= started_at + interval '30 minutes'),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
-- A session acts for one candidate at a time.
CREATE UNIQUE INDEX acting_session_key ON acting (session_id) WHERE ended_at IS NULL;
CREATE INDEX acting_session_idx ON acting (session_id);
CREATE INDEX acting_account_idx ON acting (account_id);
CREATE INDEX acting_staff_idx ON acting (staff_id);

-- For whom the actor acted. Part of the sealed event where it is there; events without it are sealed as they always were.
ALTER TABLE audit_event ADD COLUMN on_behalf_of uuid;
CREATE INDEX audit_event_on_behalf_of_idx ON audit_event (on_behalf_of, id) WHERE on_behalf_of IS NOT NULL;
