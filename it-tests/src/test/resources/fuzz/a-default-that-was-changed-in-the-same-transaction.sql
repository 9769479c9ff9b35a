# name: a default that was changed in the same transaction
# mode: concurrent
# schema: direct

== schema

CREATE TABLE t0 (id int PRIMARY KEY, grp int DEFAULT 1)

== fill

== thread

--: begin
BEGIN

--: ddl
ALTER TABLE t0 ALTER COLUMN grp SET DEFAULT (random() * 1000000)::int

--: insert
INSERT INTO t0 (id) VALUES (1), (2), (3)

--: commit
COMMIT
