-- What staff typed about an act on somebody's account: why it was done, why it was refused. It may name the person, so it stands
-- beside the audit log, which cannot be changed, and not in it: the event holds the note's id (`detail.note_id`), and the note goes
-- with the account it is about.
CREATE TABLE staff_note (
    id         uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    note       text NOT NULL CHECK (char_length(note) BETWEEN 1 AND 4000),
    written_at timestamptz NOT NULL
);
CREATE INDEX staff_note_account_idx ON staff_note (account_id);

-- A passkey may prove the other account of a merge, in the session of who merges.
ALTER TABLE passkey_ceremony DROP CONSTRAINT passkey_ceremony_kind_check;
ALTER TABLE passkey_ceremony ADD CONSTRAINT passkey_ceremony_kind_check
    CHECK (kind IN ('register', 'login', 'second_factor', 'confirm', 'merge'));
