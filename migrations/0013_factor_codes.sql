-- Second factors beside the authenticator app (product.md section 2): codes by SMS and browsers that are trusted.

-- Every SMS, written with the change it tells of, and delivered by a job: the outbox of mails, for phones. The local mailbox
-- reads it too. Goes with the account: it holds a phone number.
CREATE TABLE sms_message (
    id         uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    template   text NOT NULL,
    to_number  text NOT NULL CHECK (to_number ~ '^\+[1-9][0-9]{6,14}$'),
    body       text NOT NULL CHECK (char_length(body) BETWEEN 1 AND 600),
    created_at timestamptz NOT NULL,
    -- Not worth sending later: the code in it is dead by then.
    expires_at timestamptz,
    sent_at    timestamptz,
    last_error text
);
CREATE INDEX sms_message_created_idx ON sms_message (created_at DESC);
CREATE INDEX sms_message_account_idx ON sms_message (account_id, created_at);
-- How many codes went to a number in the last hour, whoever asked for them.
CREATE INDEX sms_message_number_idx ON sms_message (to_number, created_at);

-- The newest code sent by SMS to each session for each purpose: worth nothing in another session (security.md line 22). Only a
-- keyed hash of the code is kept: six digits are guessed in no time by whoever has a plain one.
CREATE TABLE sms_code (
    session_id uuid NOT NULL REFERENCES session ON DELETE CASCADE,
    purpose    text NOT NULL CHECK (purpose IN ('verify_phone', 'login')),
    -- The number it went to; of a phone that is being added this is the only place.
    phone      text NOT NULL CHECK (phone ~ '^\+[1-9][0-9]{6,14}$'),
    code_mac   bytea NOT NULL,
    tries      int NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz,
    PRIMARY KEY (session_id, purpose)
);

-- What "stop trusting this browser" names: the hash of its token is nobody's business. (Nothing has written this table so far.)
DELETE FROM trusted_device;
ALTER TABLE trusted_device ADD COLUMN id uuid NOT NULL UNIQUE;

-- Everything that was sent to people, for the local mailbox.
CREATE VIEW outbox AS
    SELECT id, 'mail'::text AS channel, to_name, to_address, subject, body_html, body_text, attachments, created_at, sent_at
    FROM mail_message
    UNION ALL
    SELECT id, 'sms'::text, ''::text, to_number, split_part(body, E'\n', 1), ''::text, body, '[]'::jsonb, created_at, sent_at
    FROM sms_message;
