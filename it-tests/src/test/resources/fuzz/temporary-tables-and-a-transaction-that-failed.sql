# name: temporary tables and a transaction that failed
# mode: reference
# schema: direct

== schema

CREATE TABLE t0 (id int PRIMARY KEY, grp int)

== fill

--: insert
INSERT INTO t0 VALUES (1, 1)

== thread

--: temporary
CREATE TEMPORARY TABLE x (a int)

--: begin
BEGIN

--: select
SELECT 1/0

--: commit
COMMIT

--: temporary
INSERT INTO x VALUES (1)

--: select
SELECT a FROM x

--: temporary
DROP TABLE x

--: begin
BEGIN

--: select
SELECT 1/0

--: commit
COMMIT

--: begin
BEGIN

--: update-key
UPDATE t0 SET grp = 2 WHERE id = 1

--: commit
COMMIT
