-- Reference data that no programme edits: loaded from the bundled files, replaced as a whole when their
-- version changes (see reference_data).
CREATE TABLE reference_data (
    name    text PRIMARY KEY,
    version text NOT NULL
);

CREATE TABLE country (
    code          text PRIMARY KEY CHECK (code ~ '^[A-Z]{2}$'),
    name_en       text NOT NULL,
    name_es       text NOT NULL,
    distance_unit text NOT NULL CHECK (distance_unit IN ('km', 'mi')),
    calling_code  text
);

CREATE TABLE subdivision (
    code    text PRIMARY KEY CHECK (code ~ '^[A-Z]{2}-[A-Z0-9]{1,3}$'),
    country text NOT NULL REFERENCES country,
    name    text NOT NULL
);
CREATE INDEX subdivision_country_idx ON subdivision (country, name);

-- GeoNames cities of more than 15,000 inhabitants (CC BY 4.0, see NOTICE).
CREATE TABLE city (
    geoname_id bigint PRIMARY KEY,
    name       text NOT NULL,
    -- Every name it is searched by, lower case, without accents, separated by '|', starting with '|'.
    search     text NOT NULL,
    country    text NOT NULL REFERENCES country,
    admin1     text NOT NULL,
    latitude   double precision NOT NULL CHECK (latitude BETWEEN -90 AND 90),
    longitude  double precision NOT NULL CHECK (longitude BETWEEN -180 AND 180),
    population bigint NOT NULL,
    time_zone  text NOT NULL
);
CREATE INDEX city_search_idx ON city USING gin (search gin_trgm_ops);

CREATE TABLE postal_code (
    country   text NOT NULL REFERENCES country,
    code      text NOT NULL,
    place     text NOT NULL,
    admin1    text NOT NULL,
    latitude  double precision NOT NULL,
    longitude double precision NOT NULL,
    PRIMARY KEY (country, code)
);
