# name: statements while the schema changes
# mode: concurrent
# schema: direct

== schema

CREATE TABLE t0 (id int PRIMARY KEY, grp int DEFAULT 1)

CREATE TABLE probe (thread int, n int, val int NOT NULL, PRIMARY KEY (thread, n))

== fill

--: insert
INSERT INTO t0 VALUES (1, 1), (2, 2), (3, 3)

--: probe-fill
INSERT INTO probe VALUES (2, 0, 0), (3, 0, 0), (4, 0, 0)

== thread

--: ddl
ALTER TABLE t0 ALTER COLUMN grp SET DEFAULT 0

--: ddl
ALTER TABLE t0 ALTER COLUMN grp SET DEFAULT 1

--: ddl
ALTER TABLE t0 ALTER COLUMN grp SET DEFAULT 2

--: ddl
ALTER TABLE t0 ALTER COLUMN grp SET DEFAULT 3

--: ddl
ALTER TABLE t0 ALTER COLUMN grp SET DEFAULT 4

--: ddl
ALTER TABLE t0 ALTER COLUMN grp SET DEFAULT 5

--: ddl
ALTER TABLE t0 ALTER COLUMN grp SET DEFAULT 6

--: ddl
ALTER TABLE t0 ALTER COLUMN grp SET DEFAULT 7

--: ddl
ALTER TABLE t0 ALTER COLUMN grp SET DEFAULT 8

--: ddl
ALTER TABLE t0 ALTER COLUMN grp SET DEFAULT 9

--: ddl
ALTER TABLE t0 ALTER COLUMN grp SET DEFAULT 10

--: ddl
ALTER TABLE t0 ALTER COLUMN grp SET DEFAULT 11

== thread

--: update-key
UPDATE t0 SET grp = 0 WHERE id = 1

--: probe-put
UPDATE probe SET val = 0 WHERE thread = 2 AND n = 0

--: update-key
UPDATE t0 SET grp = 1 WHERE id = 1

--: probe-put
UPDATE probe SET val = 1 WHERE thread = 2 AND n = 0

--: update-key
UPDATE t0 SET grp = 2 WHERE id = 1

--: probe-put
UPDATE probe SET val = 2 WHERE thread = 2 AND n = 0

--: update-key
UPDATE t0 SET grp = 3 WHERE id = 1

--: probe-put
UPDATE probe SET val = 3 WHERE thread = 2 AND n = 0

--: update-key
UPDATE t0 SET grp = 4 WHERE id = 1

--: probe-put
UPDATE probe SET val = 4 WHERE thread = 2 AND n = 0

--: update-key
UPDATE t0 SET grp = 5 WHERE id = 1

--: probe-put
UPDATE probe SET val = 5 WHERE thread = 2 AND n = 0

--: update-key
UPDATE t0 SET grp = 6 WHERE id = 1

--: probe-put
UPDATE probe SET val = 6 WHERE thread = 2 AND n = 0

--: update-key
UPDATE t0 SET grp = 7 WHERE id = 1

--: probe-put
UPDATE probe SET val = 7 WHERE thread = 2 AND n = 0

--: update-key
UPDATE t0 SET grp = 8 WHERE id = 1

--: probe-put
UPDATE probe SET val = 8 WHERE thread = 2 AND n = 0

--: update-key
UPDATE t0 SET grp = 9 WHERE id = 1

--: probe-put
UPDATE probe SET val = 9 WHERE thread = 2 AND n = 0

--: update-key
UPDATE t0 SET grp = 10 WHERE id = 1

--: probe-put
UPDATE probe SET val = 10 WHERE thread = 2 AND n = 0

--: update-key
UPDATE t0 SET grp = 11 WHERE id = 1

--: probe-put
UPDATE probe SET val = 11 WHERE thread = 2 AND n = 0

--: update-key
UPDATE t0 SET grp = 12 WHERE id = 1

--: probe-put
UPDATE probe SET val = 12 WHERE thread = 2 AND n = 0

--: update-key
UPDATE t0 SET grp = 13 WHERE id = 1

--: probe-put
UPDATE probe SET val = 13 WHERE thread = 2 AND n = 0

--: update-key
UPDATE t0 SET grp = 14 WHERE id = 1

--: probe-put
UPDATE probe SET val = 14 WHERE thread = 2 AND n = 0

--: update-key
UPDATE t0 SET grp = 15 WHERE id = 1

--: probe-put
UPDATE probe SET val = 15 WHERE thread = 2 AND n = 0

--: update-key
UPDATE t0 SET grp = 16 WHERE id = 1

--: probe-put
UPDATE probe SET val = 16 WHERE thread = 2 AND n = 0

--: update-key
UPDATE t0 SET grp = 17 WHERE id = 1

--: probe-put
UPDATE probe SET val = 17 WHERE thread = 2 AND n = 0

--: update-key
UPDATE t0 SET grp = 18 WHERE id = 1

--: probe-put
UPDATE probe SET val = 18 WHERE thread = 2 AND n = 0

--: update-key
UPDATE t0 SET grp = 19 WHERE id = 1

--: probe-put
UPDATE probe SET val = 19 WHERE thread = 2 AND n = 0

--: update-key
UPDATE t0 SET grp = 20 WHERE id = 1

--: probe-put
UPDATE probe SET val = 20 WHERE thread = 2 AND n = 0

--: update-key
UPDATE t0 SET grp = 21 WHERE id = 1

--: probe-put
UPDATE probe SET val = 21 WHERE thread = 2 AND n = 0

--: update-key
UPDATE t0 SET grp = 22 WHERE id = 1

--: probe-put
UPDATE probe SET val = 22 WHERE thread = 2 AND n = 0

--: update-key
UPDATE t0 SET grp = 23 WHERE id = 1

--: probe-put
UPDATE probe SET val = 23 WHERE thread = 2 AND n = 0

--: update-key
UPDATE t0 SET grp = 24 WHERE id = 1

--: probe-put
UPDATE probe SET val = 24 WHERE thread = 2 AND n = 0

--: update-key
UPDATE t0 SET grp = 25 WHERE id = 1

--: probe-put
UPDATE probe SET val = 25 WHERE thread = 2 AND n = 0

--: update-key
UPDATE t0 SET grp = 26 WHERE id = 1

--: probe-put
UPDATE probe SET val = 26 WHERE thread = 2 AND n = 0

--: update-key
UPDATE t0 SET grp = 27 WHERE id = 1

--: probe-put
UPDATE probe SET val = 27 WHERE thread = 2 AND n = 0

--: update-key
UPDATE t0 SET grp = 28 WHERE id = 1

--: probe-put
UPDATE probe SET val = 28 WHERE thread = 2 AND n = 0

--: update-key
UPDATE t0 SET grp = 29 WHERE id = 1

--: probe-put
UPDATE probe SET val = 29 WHERE thread = 2 AND n = 0

--: update-key
UPDATE t0 SET grp = 30 WHERE id = 1

--: probe-put
UPDATE probe SET val = 30 WHERE thread = 2 AND n = 0

--: update-key
UPDATE t0 SET grp = 31 WHERE id = 1

--: probe-put
UPDATE probe SET val = 31 WHERE thread = 2 AND n = 0

--: update-key
UPDATE t0 SET grp = 32 WHERE id = 1

--: probe-put
UPDATE probe SET val = 32 WHERE thread = 2 AND n = 0

--: update-key
UPDATE t0 SET grp = 33 WHERE id = 1

--: probe-put
UPDATE probe SET val = 33 WHERE thread = 2 AND n = 0

--: update-key
UPDATE t0 SET grp = 34 WHERE id = 1

--: probe-put
UPDATE probe SET val = 34 WHERE thread = 2 AND n = 0

--: update-key
UPDATE t0 SET grp = 35 WHERE id = 1

--: probe-put
UPDATE probe SET val = 35 WHERE thread = 2 AND n = 0

--: update-key
UPDATE t0 SET grp = 36 WHERE id = 1

--: probe-put
UPDATE probe SET val = 36 WHERE thread = 2 AND n = 0

--: update-key
UPDATE t0 SET grp = 37 WHERE id = 1

--: probe-put
UPDATE probe SET val = 37 WHERE thread = 2 AND n = 0

--: update-key
UPDATE t0 SET grp = 38 WHERE id = 1

--: probe-put
UPDATE probe SET val = 38 WHERE thread = 2 AND n = 0

--: update-key
UPDATE t0 SET grp = 39 WHERE id = 1

--: probe-put
UPDATE probe SET val = 39 WHERE thread = 2 AND n = 0

--: probe-read
SELECT n, val FROM probe WHERE thread = 2 ORDER BY n

== thread

--: update-key
UPDATE t0 SET grp = 0 WHERE id = 2

--: probe-put
UPDATE probe SET val = 0 WHERE thread = 3 AND n = 0

--: update-key
UPDATE t0 SET grp = 1 WHERE id = 2

--: probe-put
UPDATE probe SET val = 1 WHERE thread = 3 AND n = 0

--: update-key
UPDATE t0 SET grp = 2 WHERE id = 2

--: probe-put
UPDATE probe SET val = 2 WHERE thread = 3 AND n = 0

--: update-key
UPDATE t0 SET grp = 3 WHERE id = 2

--: probe-put
UPDATE probe SET val = 3 WHERE thread = 3 AND n = 0

--: update-key
UPDATE t0 SET grp = 4 WHERE id = 2

--: probe-put
UPDATE probe SET val = 4 WHERE thread = 3 AND n = 0

--: update-key
UPDATE t0 SET grp = 5 WHERE id = 2

--: probe-put
UPDATE probe SET val = 5 WHERE thread = 3 AND n = 0

--: update-key
UPDATE t0 SET grp = 6 WHERE id = 2

--: probe-put
UPDATE probe SET val = 6 WHERE thread = 3 AND n = 0

--: update-key
UPDATE t0 SET grp = 7 WHERE id = 2

--: probe-put
UPDATE probe SET val = 7 WHERE thread = 3 AND n = 0

--: update-key
UPDATE t0 SET grp = 8 WHERE id = 2

--: probe-put
UPDATE probe SET val = 8 WHERE thread = 3 AND n = 0

--: update-key
UPDATE t0 SET grp = 9 WHERE id = 2

--: probe-put
UPDATE probe SET val = 9 WHERE thread = 3 AND n = 0

--: update-key
UPDATE t0 SET grp = 10 WHERE id = 2

--: probe-put
UPDATE probe SET val = 10 WHERE thread = 3 AND n = 0

--: update-key
UPDATE t0 SET grp = 11 WHERE id = 2

--: probe-put
UPDATE probe SET val = 11 WHERE thread = 3 AND n = 0

--: update-key
UPDATE t0 SET grp = 12 WHERE id = 2

--: probe-put
UPDATE probe SET val = 12 WHERE thread = 3 AND n = 0

--: update-key
UPDATE t0 SET grp = 13 WHERE id = 2

--: probe-put
UPDATE probe SET val = 13 WHERE thread = 3 AND n = 0

--: update-key
UPDATE t0 SET grp = 14 WHERE id = 2

--: probe-put
UPDATE probe SET val = 14 WHERE thread = 3 AND n = 0

--: update-key
UPDATE t0 SET grp = 15 WHERE id = 2

--: probe-put
UPDATE probe SET val = 15 WHERE thread = 3 AND n = 0

--: update-key
UPDATE t0 SET grp = 16 WHERE id = 2

--: probe-put
UPDATE probe SET val = 16 WHERE thread = 3 AND n = 0

--: update-key
UPDATE t0 SET grp = 17 WHERE id = 2

--: probe-put
UPDATE probe SET val = 17 WHERE thread = 3 AND n = 0

--: update-key
UPDATE t0 SET grp = 18 WHERE id = 2

--: probe-put
UPDATE probe SET val = 18 WHERE thread = 3 AND n = 0

--: update-key
UPDATE t0 SET grp = 19 WHERE id = 2

--: probe-put
UPDATE probe SET val = 19 WHERE thread = 3 AND n = 0

--: update-key
UPDATE t0 SET grp = 20 WHERE id = 2

--: probe-put
UPDATE probe SET val = 20 WHERE thread = 3 AND n = 0

--: update-key
UPDATE t0 SET grp = 21 WHERE id = 2

--: probe-put
UPDATE probe SET val = 21 WHERE thread = 3 AND n = 0

--: update-key
UPDATE t0 SET grp = 22 WHERE id = 2

--: probe-put
UPDATE probe SET val = 22 WHERE thread = 3 AND n = 0

--: update-key
UPDATE t0 SET grp = 23 WHERE id = 2

--: probe-put
UPDATE probe SET val = 23 WHERE thread = 3 AND n = 0

--: update-key
UPDATE t0 SET grp = 24 WHERE id = 2

--: probe-put
UPDATE probe SET val = 24 WHERE thread = 3 AND n = 0

--: update-key
UPDATE t0 SET grp = 25 WHERE id = 2

--: probe-put
UPDATE probe SET val = 25 WHERE thread = 3 AND n = 0

--: update-key
UPDATE t0 SET grp = 26 WHERE id = 2

--: probe-put
UPDATE probe SET val = 26 WHERE thread = 3 AND n = 0

--: update-key
UPDATE t0 SET grp = 27 WHERE id = 2

--: probe-put
UPDATE probe SET val = 27 WHERE thread = 3 AND n = 0

--: update-key
UPDATE t0 SET grp = 28 WHERE id = 2

--: probe-put
UPDATE probe SET val = 28 WHERE thread = 3 AND n = 0

--: update-key
UPDATE t0 SET grp = 29 WHERE id = 2

--: probe-put
UPDATE probe SET val = 29 WHERE thread = 3 AND n = 0

--: update-key
UPDATE t0 SET grp = 30 WHERE id = 2

--: probe-put
UPDATE probe SET val = 30 WHERE thread = 3 AND n = 0

--: update-key
UPDATE t0 SET grp = 31 WHERE id = 2

--: probe-put
UPDATE probe SET val = 31 WHERE thread = 3 AND n = 0

--: update-key
UPDATE t0 SET grp = 32 WHERE id = 2

--: probe-put
UPDATE probe SET val = 32 WHERE thread = 3 AND n = 0

--: update-key
UPDATE t0 SET grp = 33 WHERE id = 2

--: probe-put
UPDATE probe SET val = 33 WHERE thread = 3 AND n = 0

--: update-key
UPDATE t0 SET grp = 34 WHERE id = 2

--: probe-put
UPDATE probe SET val = 34 WHERE thread = 3 AND n = 0

--: update-key
UPDATE t0 SET grp = 35 WHERE id = 2

--: probe-put
UPDATE probe SET val = 35 WHERE thread = 3 AND n = 0

--: update-key
UPDATE t0 SET grp = 36 WHERE id = 2

--: probe-put
UPDATE probe SET val = 36 WHERE thread = 3 AND n = 0

--: update-key
UPDATE t0 SET grp = 37 WHERE id = 2

--: probe-put
UPDATE probe SET val = 37 WHERE thread = 3 AND n = 0

--: update-key
UPDATE t0 SET grp = 38 WHERE id = 2

--: probe-put
UPDATE probe SET val = 38 WHERE thread = 3 AND n = 0

--: update-key
UPDATE t0 SET grp = 39 WHERE id = 2

--: probe-put
UPDATE probe SET val = 39 WHERE thread = 3 AND n = 0

--: probe-read
SELECT n, val FROM probe WHERE thread = 3 ORDER BY n

== thread

--: update-key
UPDATE t0 SET grp = 0 WHERE id = 3

--: probe-put
UPDATE probe SET val = 0 WHERE thread = 4 AND n = 0

--: update-key
UPDATE t0 SET grp = 1 WHERE id = 3

--: probe-put
UPDATE probe SET val = 1 WHERE thread = 4 AND n = 0

--: update-key
UPDATE t0 SET grp = 2 WHERE id = 3

--: probe-put
UPDATE probe SET val = 2 WHERE thread = 4 AND n = 0

--: update-key
UPDATE t0 SET grp = 3 WHERE id = 3

--: probe-put
UPDATE probe SET val = 3 WHERE thread = 4 AND n = 0

--: update-key
UPDATE t0 SET grp = 4 WHERE id = 3

--: probe-put
UPDATE probe SET val = 4 WHERE thread = 4 AND n = 0

--: update-key
UPDATE t0 SET grp = 5 WHERE id = 3

--: probe-put
UPDATE probe SET val = 5 WHERE thread = 4 AND n = 0

--: update-key
UPDATE t0 SET grp = 6 WHERE id = 3

--: probe-put
UPDATE probe SET val = 6 WHERE thread = 4 AND n = 0

--: update-key
UPDATE t0 SET grp = 7 WHERE id = 3

--: probe-put
UPDATE probe SET val = 7 WHERE thread = 4 AND n = 0

--: update-key
UPDATE t0 SET grp = 8 WHERE id = 3

--: probe-put
UPDATE probe SET val = 8 WHERE thread = 4 AND n = 0

--: update-key
UPDATE t0 SET grp = 9 WHERE id = 3

--: probe-put
UPDATE probe SET val = 9 WHERE thread = 4 AND n = 0

--: update-key
UPDATE t0 SET grp = 10 WHERE id = 3

--: probe-put
UPDATE probe SET val = 10 WHERE thread = 4 AND n = 0

--: update-key
UPDATE t0 SET grp = 11 WHERE id = 3

--: probe-put
UPDATE probe SET val = 11 WHERE thread = 4 AND n = 0

--: update-key
UPDATE t0 SET grp = 12 WHERE id = 3

--: probe-put
UPDATE probe SET val = 12 WHERE thread = 4 AND n = 0

--: update-key
UPDATE t0 SET grp = 13 WHERE id = 3

--: probe-put
UPDATE probe SET val = 13 WHERE thread = 4 AND n = 0

--: update-key
UPDATE t0 SET grp = 14 WHERE id = 3

--: probe-put
UPDATE probe SET val = 14 WHERE thread = 4 AND n = 0

--: update-key
UPDATE t0 SET grp = 15 WHERE id = 3

--: probe-put
UPDATE probe SET val = 15 WHERE thread = 4 AND n = 0

--: update-key
UPDATE t0 SET grp = 16 WHERE id = 3

--: probe-put
UPDATE probe SET val = 16 WHERE thread = 4 AND n = 0

--: update-key
UPDATE t0 SET grp = 17 WHERE id = 3

--: probe-put
UPDATE probe SET val = 17 WHERE thread = 4 AND n = 0

--: update-key
UPDATE t0 SET grp = 18 WHERE id = 3

--: probe-put
UPDATE probe SET val = 18 WHERE thread = 4 AND n = 0

--: update-key
UPDATE t0 SET grp = 19 WHERE id = 3

--: probe-put
UPDATE probe SET val = 19 WHERE thread = 4 AND n = 0

--: update-key
UPDATE t0 SET grp = 20 WHERE id = 3

--: probe-put
UPDATE probe SET val = 20 WHERE thread = 4 AND n = 0

--: update-key
UPDATE t0 SET grp = 21 WHERE id = 3

--: probe-put
UPDATE probe SET val = 21 WHERE thread = 4 AND n = 0

--: update-key
UPDATE t0 SET grp = 22 WHERE id = 3

--: probe-put
UPDATE probe SET val = 22 WHERE thread = 4 AND n = 0

--: update-key
UPDATE t0 SET grp = 23 WHERE id = 3

--: probe-put
UPDATE probe SET val = 23 WHERE thread = 4 AND n = 0

--: update-key
UPDATE t0 SET grp = 24 WHERE id = 3

--: probe-put
UPDATE probe SET val = 24 WHERE thread = 4 AND n = 0

--: update-key
UPDATE t0 SET grp = 25 WHERE id = 3

--: probe-put
UPDATE probe SET val = 25 WHERE thread = 4 AND n = 0

--: update-key
UPDATE t0 SET grp = 26 WHERE id = 3

--: probe-put
UPDATE probe SET val = 26 WHERE thread = 4 AND n = 0

--: update-key
UPDATE t0 SET grp = 27 WHERE id = 3

--: probe-put
UPDATE probe SET val = 27 WHERE thread = 4 AND n = 0

--: update-key
UPDATE t0 SET grp = 28 WHERE id = 3

--: probe-put
UPDATE probe SET val = 28 WHERE thread = 4 AND n = 0

--: update-key
UPDATE t0 SET grp = 29 WHERE id = 3

--: probe-put
UPDATE probe SET val = 29 WHERE thread = 4 AND n = 0

--: update-key
UPDATE t0 SET grp = 30 WHERE id = 3

--: probe-put
UPDATE probe SET val = 30 WHERE thread = 4 AND n = 0

--: update-key
UPDATE t0 SET grp = 31 WHERE id = 3

--: probe-put
UPDATE probe SET val = 31 WHERE thread = 4 AND n = 0

--: update-key
UPDATE t0 SET grp = 32 WHERE id = 3

--: probe-put
UPDATE probe SET val = 32 WHERE thread = 4 AND n = 0

--: update-key
UPDATE t0 SET grp = 33 WHERE id = 3

--: probe-put
UPDATE probe SET val = 33 WHERE thread = 4 AND n = 0

--: update-key
UPDATE t0 SET grp = 34 WHERE id = 3

--: probe-put
UPDATE probe SET val = 34 WHERE thread = 4 AND n = 0

--: update-key
UPDATE t0 SET grp = 35 WHERE id = 3

--: probe-put
UPDATE probe SET val = 35 WHERE thread = 4 AND n = 0

--: update-key
UPDATE t0 SET grp = 36 WHERE id = 3

--: probe-put
UPDATE probe SET val = 36 WHERE thread = 4 AND n = 0

--: update-key
UPDATE t0 SET grp = 37 WHERE id = 3

--: probe-put
UPDATE probe SET val = 37 WHERE thread = 4 AND n = 0

--: update-key
UPDATE t0 SET grp = 38 WHERE id = 3

--: probe-put
UPDATE probe SET val = 38 WHERE thread = 4 AND n = 0

--: update-key
UPDATE t0 SET grp = 39 WHERE id = 3

--: probe-put
UPDATE probe SET val = 39 WHERE thread = 4 AND n = 0

--: probe-read
SELECT n, val FROM probe WHERE thread = 4 ORDER BY n

