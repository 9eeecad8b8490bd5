-- The programme is data: nothing in the code knows its name, colours, senders or numbers.
CREATE TABLE programme (
    only_one       boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    name           text NOT NULL,
    short_name     text NOT NULL,
    accent         text NOT NULL CHECK (accent ~ '^#[0-9a-f]{6}$'),
    accent_dark    text NOT NULL CHECK (accent_dark ~ '^#[0-9a-f]{6}$'),
    logo_svg       text,
    sender_name    text NOT NULL,
    sender_address text NOT NULL,
    support_email  text NOT NULL,
    support_phone  text,
    -- Printed on certificates.
    signatory_name  text NOT NULL,
    signatory_title text NOT NULL,
    currency       text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    -- One sentence about the programme, and what must be said on every public page (trademarks), by language.
    tagline    jsonb NOT NULL DEFAULT '{}',
    legal_note jsonb NOT NULL DEFAULT '{}',
    -- The candidate agreement in force; a new one must be accepted again.
    agreement_version text NOT NULL,
    agreement_text    jsonb NOT NULL
);

-- product.md: "a policy: a row with a version and a start date". The newest row that has started is in force;
-- orders carry a copy, so that an edit never changes what somebody bought.
CREATE TABLE policy_version (
    version    int PRIMARY KEY,
    starts_at  timestamptz NOT NULL,
    rules      jsonb NOT NULL,
    created_at timestamptz NOT NULL
);
