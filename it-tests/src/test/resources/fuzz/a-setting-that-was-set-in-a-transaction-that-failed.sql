# name: a setting that was set in a transaction that failed
# mode: reference
# schema: direct

== schema

CREATE TABLE t0 (id int PRIMARY KEY, grp int)

== fill

--: insert
INSERT INTO t0 VALUES (1, 1)

== thread

--: set
SET TIME ZONE 'UTC'

--: begin
BEGIN

--: set
SET TIME ZONE 'Asia/Tokyo'

--: select
SELECT 1/0

--: commit
COMMIT

--: select
SHOW TIME ZONE

--: begin
BEGIN ISOLATION LEVEL REPEATABLE READ

--: update-key
UPDATE t0 SET grp = 2 WHERE id = 1

--: select
SHOW TIME ZONE

--: commit
COMMIT
