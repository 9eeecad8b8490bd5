-- Token buckets, shared by all instances (security.md lines 9, 60, 61). Lost in a crash, which is cheap to lose: hence no log.
CREATE UNLOGGED TABLE rate_bucket (
    key        text PRIMARY KEY,
    tokens     double precision NOT NULL,
    -- Whether the last one who asked got a token: the answer of the statement that refills and takes.
    granted    boolean NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX rate_bucket_updated_idx ON rate_bucket (updated_at);

-- Wrong passwords in a row from browsers that are not known to the account (security.md, "Device cookies"): at a hundred,
-- the password is off for such browsers until it is reset.
CREATE TABLE login_streak (
    key       text PRIMARY KEY,
    failures  int NOT NULL CHECK (failures > 0),
    failed_at timestamptz NOT NULL
);

-- When each periodic task of the worker ran last: one instance takes each turn.
CREATE TABLE periodic_run (
    name   text PRIMARY KEY,
    ran_at timestamptz NOT NULL
);

-- The audit log only grows. `outcome` tells refusals from what was done; the user agent belongs to "from where".
ALTER TABLE audit_event
    ADD COLUMN outcome    text NOT NULL DEFAULT 'done' CHECK (outcome IN ('done', 'refused')),
    ADD COLUMN user_agent text;
CREATE INDEX audit_event_actor_idx ON audit_event (actor_id, id);

-- One link of the chain for every event, written by the worker moments later (a chain written with the events would make
-- every transaction wait for the one before it). hash = SHA-256(previous hash, event); mac = HMAC of the hash under the
-- server key, so that who can write to the database still cannot forge a chain.
CREATE TABLE audit_seal (
    seq       bigint PRIMARY KEY CHECK (seq > 0),
    event_id  bigint NOT NULL UNIQUE REFERENCES audit_event,
    hash      bytea NOT NULL CHECK (octet_length(hash) = 32),
    mac       bytea NOT NULL,
    sealed_at timestamptz NOT NULL
);

-- The application's role has no right to change these tables; the triggers stop the owner as well.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the table % is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_seal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_seal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
