-- A delivery partner's file: kept as read, so that what was previewed is what is applied.
CREATE TABLE result_import (
    id          uuid PRIMARY KEY,
    file_name   text NOT NULL,
    -- SHA-256 of the bytes: the same file twice is told so.
    digest      bytea NOT NULL UNIQUE,
    uploaded_by uuid NOT NULL REFERENCES account,
    -- The cells of each row as text, with its line in the file.
    rows        jsonb NOT NULL,
    -- What was wrong with which cell when the rows were last checked.
    errors      jsonb NOT NULL,
    created_at  timestamptz NOT NULL,
    applied_at  timestamptz,
    released_at timestamptz
);

CREATE TABLE exam_result (
    id             uuid PRIMARY KEY,
    appointment_id uuid NOT NULL UNIQUE REFERENCES appointment,
    account_id     uuid NOT NULL REFERENCES account,
    exam_id        uuid NOT NULL REFERENCES exam,
    import_id      uuid REFERENCES result_import,
    taken_at       timestamptz NOT NULL,
    raw_score      int,
    scaled_score   int NOT NULL,
    passed         boolean NOT NULL,
    state          text NOT NULL CHECK (state IN ('received', 'released')),
    received_at    timestamptz NOT NULL,
    released_at    timestamptz,
    released_by    uuid REFERENCES account,
    CHECK ((state = 'released') = (released_at IS NOT NULL))
);
CREATE INDEX exam_result_account_idx ON exam_result (account_id, taken_at DESC);
CREATE INDEX exam_result_state_idx ON exam_result (state) WHERE state = 'received';
CREATE INDEX exam_result_import_idx ON exam_result (import_id);

CREATE TABLE exam_result_domain (
    result_id uuid NOT NULL REFERENCES exam_result ON DELETE CASCADE,
    position  int NOT NULL,
    -- Percent of the domain's scored questions answered rightly: drawn as a bar, never shown as a number.
    percent   int NOT NULL CHECK (percent BETWEEN 0 AND 100),
    PRIMARY KEY (result_id, position)
);
