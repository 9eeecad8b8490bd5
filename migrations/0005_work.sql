-- What must follow a change is a row written in the change's own transaction (outbox); workers take it with
-- SKIP LOCKED, woken by NOTIFY. At least once: handlers are idempotent.
CREATE TABLE job (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        text NOT NULL,
    payload     jsonb NOT NULL,
    -- At most one unfinished or finished job a key: the second enqueue of one event does nothing.
    dedup_key   text UNIQUE,
    run_at      timestamptz NOT NULL,
    attempts    int NOT NULL DEFAULT 0,
    created_at  timestamptz NOT NULL,
    finished_at timestamptz,
    -- Set when a worker has given up; staff see these.
    failed_at   timestamptz,
    last_error  text
);
CREATE INDEX job_due_idx ON job (run_at, id) WHERE finished_at IS NULL AND failed_at IS NULL;

-- Every mail, written with the change it tells of. The local mailbox reads it too.
CREATE TABLE mail_message (
    id          uuid PRIMARY KEY,
    account_id  uuid REFERENCES account ON DELETE SET NULL,
    template    text NOT NULL,
    language    text NOT NULL,
    to_name     text NOT NULL,
    to_address  text NOT NULL,
    subject     text NOT NULL,
    body_html   text NOT NULL,
    body_text   text NOT NULL,
    -- [{name, media_type, base64}]
    attachments jsonb NOT NULL,
    dedup_key   text UNIQUE,
    created_at  timestamptz NOT NULL,
    sent_at     timestamptz,
    last_error  text
);
CREATE INDEX mail_message_created_idx ON mail_message (created_at DESC);
CREATE INDEX mail_message_account_idx ON mail_message (account_id, created_at DESC);

-- Who did what to whom, when, from where, and what it changed.
CREATE TABLE audit_event (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          timestamptz NOT NULL,
    actor_id    uuid,
    action      text NOT NULL,
    subject     text NOT NULL,
    detail      jsonb NOT NULL,
    address     text
);
CREATE INDEX audit_event_subject_idx ON audit_event (subject, id);

-- The answer to a command that moves a seat, money, a score or a credential, kept under the key that came
-- with the intent: the second click gets the first one's answer.
CREATE TABLE idempotent_answer (
    account_id uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    scope      text NOT NULL,
    key        text NOT NULL,
    answer     jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, scope, key)
);

-- Demo mode only: how far staff have moved the clock forward.
CREATE TABLE demo_clock (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    ahead    interval NOT NULL
);
