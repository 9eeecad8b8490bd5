-- Words that candidates read are jsonb objects by language: {"en": "...", "es": "..."}.
CREATE TABLE certification (
    id            uuid PRIMARY KEY,
    slug          text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9-]+$'),
    code          text NOT NULL,
    name          text NOT NULL,
    short_name    text NOT NULL,
    level         text NOT NULL CHECK (level IN ('foundational', 'business', 'associate', 'professional', 'specialty')),
    job_roles     text[] NOT NULL,
    summary       jsonb NOT NULL,
    description   jsonb NOT NULL,
    badge_color   text NOT NULL CHECK (badge_color ~ '^#[0-9a-f]{6}$'),
    validity_years int NOT NULL CHECK (validity_years > 0),
    retired_on    date,
    position      int NOT NULL
);

-- A pass on an exam of the first renews the second (product.md section 8, domain.md "Renewal between levels").
CREATE TABLE certification_renews (
    certification_id uuid NOT NULL REFERENCES certification ON DELETE CASCADE,
    renews_id        uuid NOT NULL REFERENCES certification ON DELETE CASCADE,
    PRIMARY KEY (certification_id, renews_id),
    CHECK (certification_id <> renews_id)
);

-- One row a version: a code is never used for two versions.
CREATE TABLE exam (
    id                uuid PRIMARY KEY,
    code              text NOT NULL UNIQUE,
    certification_id  uuid NOT NULL REFERENCES certification,
    status            text NOT NULL CHECK (status IN ('announced', 'beta', 'active', 'retired')),
    minutes           int NOT NULL CHECK (minutes BETWEEN 10 AND 600),
    questions         int NOT NULL CHECK (questions > 0),
    scored_questions  int CHECK (scored_questions BETWEEN 1 AND questions),
    scale_min         int NOT NULL,
    scale_max         int NOT NULL,
    pass_mark         int NOT NULL,
    delivery_modes    text[] NOT NULL CHECK (delivery_modes <@ ARRAY['center', 'online']),
    registration_from date,
    first_day         date,
    last_day          date,
    -- NULL: the policy's wait counts.
    retake_wait_days  int CHECK (retake_wait_days >= 0),
    guide_url         text,
    CHECK (scale_min < pass_mark AND pass_mark <= scale_max),
    CHECK (last_day IS NULL OR first_day IS NULL OR first_day <= last_day)
);
CREATE INDEX exam_certification_idx ON exam (certification_id);

CREATE TABLE exam_price (
    exam_id  uuid NOT NULL REFERENCES exam ON DELETE CASCADE,
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    minor    bigint NOT NULL CHECK (minor >= 0),
    PRIMARY KEY (exam_id, currency)
);

CREATE TABLE exam_language (
    exam_id   uuid NOT NULL REFERENCES exam ON DELETE CASCADE,
    language  text NOT NULL,
    first_day date,
    last_day  date,
    PRIMARY KEY (exam_id, language)
);

CREATE TABLE exam_domain (
    exam_id  uuid NOT NULL REFERENCES exam ON DELETE CASCADE,
    position int NOT NULL,
    name     jsonb NOT NULL,
    -- Percent of the scored content.
    weight   int NOT NULL CHECK (weight BETWEEN 1 AND 100),
    PRIMARY KEY (exam_id, position)
);

-- A version that is announced but not described yet: nothing of it can be booked.
CREATE TABLE exam_announcement (
    code              text PRIMARY KEY,
    certification_id  uuid NOT NULL REFERENCES certification,
    registration_from date,
    replaces_code     text
);
