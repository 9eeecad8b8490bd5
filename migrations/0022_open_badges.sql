-- Signed badges (product.md section 7, Open Badges 3.0).

-- The keys that badges are signed with. One is in use; those before it go on verifying what they have signed.
CREATE TABLE issuer_key (
    -- RFC 7638 thumbprint of the public key: what a badge names the key by.
    kid        text PRIMARY KEY,
    -- Ed25519.
    public_key bytea NOT NULL UNIQUE CHECK (octet_length(public_key) = 32),
    -- The private half, sealed with the server key for this kid: a copy of the database signs nothing.
    sealed     bytea NOT NULL,
    created_at timestamptz NOT NULL,
    retired_at timestamptz CHECK (retired_at >= created_at)
);
-- Two instances that need the first key at the same time make one.
CREATE UNIQUE INDEX issuer_key_active_key ON issuer_key ((retired_at IS NULL)) WHERE retired_at IS NULL;

-- A credential's place in the public lists of revocations (W3C Bitstring Status List): list and bit. A list has 131,072 bits, so that
-- who asks about one credential asks about a crowd, and is filled to the half, in random order, so that a place tells nothing.
ALTER TABLE credential ADD COLUMN status_list int CHECK (status_list >= 0);
ALTER TABLE credential ADD COLUMN status_index int CHECK (status_index BETWEEN 0 AND 131071);
UPDATE credential k SET status_list = shuffled.place / 65536, status_index = shuffled.place % 65536
FROM (SELECT id, (row_number() OVER (ORDER BY gen_random_uuid()) - 1)::int AS place FROM credential) shuffled
WHERE shuffled.id = k.id;
ALTER TABLE credential ALTER COLUMN status_list SET NOT NULL;
ALTER TABLE credential ALTER COLUMN status_index SET NOT NULL;
ALTER TABLE credential ADD CONSTRAINT credential_status_key UNIQUE (status_list, status_index);
