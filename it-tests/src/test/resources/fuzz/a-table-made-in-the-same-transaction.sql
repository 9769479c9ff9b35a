# name: a table made in the same transaction
# mode: reference
# schema: direct

== schema

== fill

== thread

--: begin
BEGIN

--: ddl
CREATE TABLE t0 (id int PRIMARY KEY, grp int)

--: insert
INSERT INTO t0 VALUES (1, 2)

--: ddl
ALTER TABLE t0 ADD COLUMN x text

--: update-range
UPDATE t0 SET x = 'a' WHERE grp = 2

--: commit
COMMIT
