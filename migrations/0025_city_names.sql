-- Names of cities, for suggestions on every key stroke: those that begin with what was typed, the largest city first. The trigrams of
-- `city.search` answer two letters no faster than reading the whole table does (9 ms and more); a range of this index takes about 1 ms.
-- Replaced together with `city`.
CREATE TABLE city_name (
    -- Folded, one row a name; in byte order, so that a beginning is a range.
    name       text COLLATE "C" NOT NULL,
    geoname_id bigint NOT NULL,
    country    text NOT NULL,
    population bigint NOT NULL,
    PRIMARY KEY (name, geoname_id)
);
INSERT INTO city_name (name, geoname_id, country, population)
SELECT DISTINCT n.name, c.geoname_id, c.country, c.population
FROM city c CROSS JOIN unnest(string_to_array(ltrim(c.search, '|'), '|')) AS n (name);
