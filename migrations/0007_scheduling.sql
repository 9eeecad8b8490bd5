CREATE TABLE test_center (
    id           uuid PRIMARY KEY,
    code         text NOT NULL UNIQUE,
    name         text NOT NULL,
    -- As people there write it, in order; never US-shaped fields.
    address_lines text[] NOT NULL,
    city         text NOT NULL,
    country      text NOT NULL REFERENCES country,
    latitude     double precision NOT NULL CHECK (latitude BETWEEN -90 AND 90),
    longitude    double precision NOT NULL CHECK (longitude BETWEEN -180 AND 180),
    -- ll_to_earth(latitude, longitude), written with them. A column and not an index on the function: what the function
    -- calls is found by the search path, which VACUUM, ANALYZE and a restore set to nothing.
    position     cube NOT NULL,
    time_zone    text NOT NULL,
    phone        text,
    arrival      jsonb NOT NULL,
    -- Reschedule and cancel on the day itself where the site allows it.
    same_day_changes boolean NOT NULL DEFAULT false,
    closed_on    date
);
CREATE INDEX test_center_location_idx ON test_center USING gist (position);

-- Local wall-clock hours in the centre's zone; ISO weekday, Monday = 1.
CREATE TABLE opening_hours (
    center_id uuid NOT NULL REFERENCES test_center ON DELETE CASCADE,
    weekday   int NOT NULL CHECK (weekday BETWEEN 1 AND 7),
    opens     time NOT NULL,
    closes    time NOT NULL CHECK (closes > opens),
    PRIMARY KEY (center_id, weekday, opens)
);

-- A day that differs; NULL hours: closed.
CREATE TABLE opening_exception (
    center_id uuid NOT NULL REFERENCES test_center ON DELETE CASCADE,
    on_day    date NOT NULL,
    opens     time,
    closes    time,
    reason    text NOT NULL,
    PRIMARY KEY (center_id, on_day),
    CHECK ((opens IS NULL) = (closes IS NULL) AND (opens IS NULL OR closes > opens))
);

-- What an appointment occupies: a workstation of a centre, or an online proctor's lane in one language.
CREATE TABLE seat (
    id         uuid PRIMARY KEY,
    center_id  uuid REFERENCES test_center ON DELETE CASCADE,
    label      text NOT NULL,
    accessible boolean NOT NULL DEFAULT false,
    language   text,
    active     boolean NOT NULL DEFAULT true,
    CHECK ((center_id IS NULL) = (language IS NOT NULL))
);
CREATE INDEX seat_center_idx ON seat (center_id);
CREATE INDEX seat_lane_idx ON seat (language) WHERE center_id IS NULL;

-- A hold is an appointment that is not paid for yet: one table, so that one constraint guards both.
CREATE TABLE appointment (
    id              uuid PRIMARY KEY,
    -- What the candidate quotes; given when the hold is made.
    reference       text NOT NULL UNIQUE,
    account_id      uuid NOT NULL REFERENCES account,
    exam_id         uuid NOT NULL REFERENCES exam,
    language        text NOT NULL,
    delivery        text NOT NULL CHECK (delivery IN ('center', 'online')),
    center_id       uuid REFERENCES test_center,
    seat_id         uuid NOT NULL REFERENCES seat,
    -- The zone the candidate chose the time in: the centre's, or online their own.
    time_zone       text NOT NULL,
    starts_at       timestamptz NOT NULL,
    minutes         int NOT NULL CHECK (minutes > 0),
    -- [start, start + minutes + overhead)
    occupies        tstzrange NOT NULL,
    state           text NOT NULL CHECK (state IN ('held', 'booked', 'checked_in', 'admitted', 'started', 'delivered',
                                                   'under_review', 'scored', 'no_show', 'refused', 'interrupted',
                                                   'cancelled', 'expired')),
    hold_expires_at timestamptz,
    -- A hold that will replace this appointment (reschedule); the candidate's own overlap is then allowed.
    replaces        uuid REFERENCES appointment,
    name_on_id      text,
    reschedule_count int NOT NULL DEFAULT 0,
    policies        jsonb NOT NULL,
    created_at      timestamptz NOT NULL,
    booked_at       timestamptz,
    ended_at        timestamptz,
    CHECK ((delivery = 'center') = (center_id IS NOT NULL)),
    CHECK ((state = 'held') = (hold_expires_at IS NOT NULL)),
    CHECK (lower(occupies) = starts_at),
    -- No path can sell a seat twice.
    CONSTRAINT appointment_seat_overlap EXCLUDE USING gist (seat_id WITH =, occupies WITH &&)
        WHERE (state NOT IN ('cancelled', 'expired')),
    CONSTRAINT appointment_candidate_overlap EXCLUDE USING gist (account_id WITH =, occupies WITH &&)
        WHERE (state NOT IN ('cancelled', 'expired') AND replaces IS NULL)
);
CREATE INDEX appointment_account_idx ON appointment (account_id, starts_at);
CREATE INDEX appointment_center_idx ON appointment (center_id, starts_at) WHERE state NOT IN ('cancelled', 'expired');
CREATE INDEX appointment_hold_idx ON appointment (hold_expires_at) WHERE state = 'held';

-- What happened to it, for the timeline and for support.
CREATE TABLE appointment_event (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    appointment_id uuid NOT NULL REFERENCES appointment ON DELETE CASCADE,
    at             timestamptz NOT NULL,
    kind           text NOT NULL,
    actor_id       uuid,
    detail         jsonb NOT NULL
);
CREATE INDEX appointment_event_appointment_idx ON appointment_event (appointment_id, id);
