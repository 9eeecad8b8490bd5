-- Radius search over the gazetteer and the test centres (cube, earthdistance), and exclusion constraints
-- that mix equality with range overlap (btree_gist). All three ship with PostgreSQL's contrib modules.
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE EXTENSION IF NOT EXISTS cube;
CREATE EXTENSION IF NOT EXISTS earthdistance;
-- "Munchen" finds "München", and half a city name finds the city.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
