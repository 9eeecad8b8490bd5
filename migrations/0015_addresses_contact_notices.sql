-- Several addresses an account (product.md section 1). An address is somebody's once they have proved that they read its mail, or while
-- they are registering with it. What was merely typed in as a further address locks nobody out: two accounts may wait for the same one,
-- and whoever opens the mailed link first gets it.
DROP INDEX account_email_address_key;
CREATE UNIQUE INDEX account_email_address_key ON account_email (lower(address)) WHERE is_primary OR verified_at IS NOT NULL;
CREATE UNIQUE INDEX account_email_own_key ON account_email (account_id, lower(address));
CREATE INDEX account_email_pending_idx ON account_email (lower(address)) WHERE NOT is_primary AND verified_at IS NULL;

-- A change of address in one step: the new one becomes the main address in the moment it is verified.
ALTER TABLE account_email ADD COLUMN becomes_primary boolean NOT NULL DEFAULT false;

-- Postal addresses as they stand on an envelope, line by line, without the country: no two countries agree on more than that.
ALTER TABLE account
    ADD COLUMN address_lines              text[] NOT NULL DEFAULT '{}' CHECK (cardinality(address_lines) <= 6),
    ADD COLUMN organisation_address_lines text[] NOT NULL DEFAULT '{}' CHECK (cardinality(organisation_address_lines) <= 6);

-- Which notices somebody wants otherwise than by default (the defaults are in server/notices.rs; product.md section 1, "Preferences").
CREATE TABLE notice_choice (
    account_id uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    kind       text NOT NULL CHECK (kind IN ('reminders', 'results', 'news')),
    channel    text NOT NULL CHECK (channel IN ('mail', 'sms')),
    wanted     boolean NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, kind, channel)
);

-- Advice on the overview that somebody has put away, and when: some of it comes again after a time.
CREATE TABLE account_nudge (
    account_id   uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    nudge        text NOT NULL CHECK (nudge IN ('password', 'second_address')),
    dismissed_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, nudge)
);
