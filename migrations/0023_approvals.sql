-- Acts that take two people (security.md line 41): somebody of the staff asks, another one decides. The row is the request and, once it
-- is decided, the record of it.
CREATE TABLE approval_request (
    -- Made with the form that asks: sending it twice asks once.
    id           uuid PRIMARY KEY,
    kind         text NOT NULL CHECK (kind IN ('score_correction', 'credential_revocation', 'refund')),
    -- The result, the credential or the order's item.
    subject_id   uuid NOT NULL,
    -- Whom it concerns. The request goes with the last record that is kept of an erased person.
    account_id   uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    -- What is to be done and what was seen when it was asked for. No names: they change.
    payload      jsonb NOT NULL,
    reason       text NOT NULL CHECK (char_length(reason) BETWEEN 1 AND 1000),
    state        text NOT NULL CHECK (state IN ('pending', 'approved', 'refused', 'withdrawn', 'lapsed')),
    requested_by uuid NOT NULL REFERENCES account,
    requested_at timestamptz NOT NULL,
    -- Nobody has decided by then: it lapses.
    expires_at   timestamptz NOT NULL,
    decided_by   uuid REFERENCES account,
    -- Why it was refused.
    decision     text CHECK (char_length(decision) BETWEEN 1 AND 1000),
    ended_at     timestamptz,
    CONSTRAINT approval_request_two_people CHECK (decided_by <> requested_by),
    CONSTRAINT approval_request_not_oneself CHECK (account_id <> requested_by AND account_id <> decided_by),
    CONSTRAINT approval_request_decided CHECK ((state IN ('approved', 'refused')) = (decided_by IS NOT NULL)),
    CONSTRAINT approval_request_refused CHECK ((state = 'refused') = (decision IS NOT NULL)),
    CONSTRAINT approval_request_ended CHECK ((state = 'pending') = (ended_at IS NULL)),
    CHECK (expires_at > requested_at)
);
-- One request for the same thing at a time.
CREATE UNIQUE INDEX approval_request_pending_key ON approval_request (kind, subject_id) WHERE state = 'pending';
CREATE INDEX approval_request_subject_idx ON approval_request (subject_id, requested_at DESC);
CREATE INDEX approval_request_account_idx ON approval_request (account_id);
CREATE INDEX approval_request_ended_idx ON approval_request (ended_at DESC) WHERE state <> 'pending';

-- What is approved is what was asked for; what has ended stays ended; and who asked does not change while it is open.
CREATE FUNCTION approval_request_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.kind, NEW.subject_id, NEW.payload, NEW.requested_at, NEW.expires_at)
        IS DISTINCT FROM (OLD.id, OLD.kind, OLD.subject_id, OLD.payload, OLD.requested_at, OLD.expires_at) THEN
        RAISE EXCEPTION 'a request for an approval is not changed' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.state = 'pending' AND NEW.requested_by <> OLD.requested_by THEN
        RAISE EXCEPTION 'who asked for an approval does not change while it is open' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.state <> 'pending' AND NEW.state <> OLD.state THEN
        RAISE EXCEPTION 'an approval that has ended stays as it is' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER approval_request_stands BEFORE UPDATE ON approval_request FOR EACH ROW EXECUTE FUNCTION approval_request_stands();

-- What a result said before it was corrected, and after. One a request: approving twice corrects once.
CREATE TABLE exam_result_correction (
    id              uuid PRIMARY KEY,
    result_id       uuid NOT NULL REFERENCES exam_result ON DELETE CASCADE,
    request_id      uuid NOT NULL UNIQUE REFERENCES approval_request ON DELETE CASCADE,
    corrected_at    timestamptz NOT NULL,
    -- The candidate had read the score before.
    was_released    boolean NOT NULL,
    scaled_before   int NOT NULL,
    scaled_after    int NOT NULL,
    passed_before   boolean NOT NULL,
    passed_after    boolean NOT NULL,
    -- Percent by domain, in the order of the domains' positions.
    percents_before int[] NOT NULL,
    percents_after  int[] NOT NULL
);
CREATE INDEX exam_result_correction_result_idx ON exam_result_correction (result_id, corrected_at);

-- `revoked_reason` is a word of the programme's list; the note is what the holder was told in somebody's own words.
ALTER TABLE credential ADD COLUMN revoked_at timestamptz;
ALTER TABLE credential ADD COLUMN revoked_note text CHECK (char_length(revoked_note) BETWEEN 1 AND 1000);
ALTER TABLE credential ADD CONSTRAINT credential_revoked CHECK (state = 'revoked' OR revoked_at IS NULL AND revoked_note IS NULL);

-- Refunds that somebody of the staff gave, and why, in their words.
ALTER TABLE refund ADD COLUMN asked_by uuid REFERENCES account;
ALTER TABLE refund ADD COLUMN note text CHECK (char_length(note) BETWEEN 1 AND 1000);
ALTER TABLE refund ADD COLUMN request_id uuid UNIQUE REFERENCES approval_request ON DELETE SET NULL;
