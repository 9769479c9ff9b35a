CREATE TABLE films (code char(5) PRIMARY KEY, title text, director text, rating int, did int)

CREATE TABLE documents (id int PRIMARY KEY, locations int[])

CREATE TABLE points (id int PRIMARY KEY, location point)

INSERT INTO films VALUES ('a', 'T1', 'd', 1, 1), ('b', 'T2', 'e', 2, 2)

CREATE UNIQUE INDEX title_idx ON films (title)

CREATE UNIQUE INDEX title_idx2 ON films (title) INCLUDE (director, rating)

CREATE INDEX title_idx3 ON films (title) WITH (deduplicate_items = off)

CREATE INDEX ON films ((lower(title)))

CREATE INDEX title_idx_german ON films (title COLLATE "C")

CREATE INDEX title_idx_nulls_low ON films (title NULLS FIRST)

CREATE UNIQUE INDEX title_idx4 ON films (title) WITH (fillfactor = 70)

CREATE INDEX gin_idx ON documents USING GIN (locations) WITH (fastupdate = off)

-- error 42704
CREATE INDEX code_idx ON films (code) TABLESPACE indexspace

CREATE INDEX pointloc ON points USING gist (box(location,location))

CREATE INDEX CONCURRENTLY sales_quantity_index ON films (rating)

CREATE FUNCTION mine(text) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT upper($1)'

CREATE INDEX by_function ON films (mine(title)) WHERE director IS NOT NULL

INSERT INTO films VALUES ('c', 'T3', 'f', 3, 3)
