-- Two accounts of one person made one (product.md section 1, "Account merge").

-- The account that took this one over. A closed account's candidate ID stays as an alias; always one step, because a merge of the
-- taking account moves the pointer on.
ALTER TABLE account
    ADD COLUMN merged_into uuid REFERENCES account,
    ADD CONSTRAINT account_merged_is_closed CHECK (merged_into IS NULL OR disabled_at IS NOT NULL),
    ADD CONSTRAINT account_merged_elsewhere CHECK (merged_into <> id);
CREATE INDEX account_merged_into_idx ON account (merged_into) WHERE merged_into IS NOT NULL;

-- The account that a candidate ID means today, an alias or not: for support and for results that partners send.
CREATE FUNCTION account_of_candidate_id(wanted text) RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT coalesce(merged_into, id) FROM account WHERE candidate_id = wanted
$$;

-- One merge from the sign-in to the other account until its undoing. Before it is confirmed the row only proves that the other
-- account's password (and code) was given, for a quarter of an hour.
CREATE TABLE account_merge (
    id               uuid PRIMARY KEY,
    -- The one that stays.
    account_id       uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    other_id         uuid NOT NULL REFERENCES account ON DELETE CASCADE,
    state            text NOT NULL CHECK (state IN ('code_owed', 'proved', 'merged', 'undone')),
    created_at       timestamptz NOT NULL,
    merged_at        timestamptz,
    undone_at        timestamptz,
    -- Which of the moved addresses was the other account's primary one.
    primary_email_id uuid,
    CHECK (account_id <> other_id),
    CHECK ((state IN ('merged', 'undone')) = (merged_at IS NOT NULL)),
    CHECK ((state = 'undone') = (undone_at IS NOT NULL))
);
CREATE INDEX account_merge_account_idx ON account_merge (account_id, created_at DESC);
-- An account is taken over once at a time.
CREATE UNIQUE INDEX account_merge_other_key ON account_merge (other_id) WHERE state = 'merged';

-- Every row that a merge changed, so that its undoing gives back exactly these.
CREATE TABLE account_merge_item (
    merge_id   uuid NOT NULL REFERENCES account_merge ON DELETE CASCADE,
    table_name text NOT NULL,
    -- The row's id; of an agreement its version.
    row_key    text NOT NULL,
    PRIMARY KEY (merge_id, table_name, row_key)
);
