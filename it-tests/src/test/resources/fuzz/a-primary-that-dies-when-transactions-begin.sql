# name: a primary that dies when transactions begin
# mode: crash
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

--: select
SELECT 1

== thread

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 0 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 1 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 2 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 3 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 4 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 5 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 6 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 7 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 8 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 9 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 10 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 11 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 12 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 13 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 14 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 15 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 16 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 17 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 18 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 19 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 20 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 21 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 22 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 23 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 24 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 25 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 26 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 27 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 28 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 29 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 30 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 31 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 32 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 33 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 34 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 35 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 36 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 37 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 38 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 39 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 40 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 41 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 42 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 43 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 44 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 45 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 46 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 47 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 48 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 49 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 50 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 51 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 52 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 53 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 54 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 55 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 56 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 57 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 58 WHERE thread = 2 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 59 WHERE thread = 2 AND n = 0

--: commit
\commit

--: probe-read
SELECT n, val FROM probe WHERE thread = 2 ORDER BY n

== thread

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 0 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 1 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 2 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 3 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 4 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 5 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 6 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 7 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 8 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 9 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 10 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 11 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 12 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 13 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 14 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 15 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 16 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 17 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 18 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 19 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 20 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 21 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 22 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 23 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 24 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 25 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 26 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 27 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 28 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 29 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 30 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 31 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 32 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 33 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 34 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 35 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 36 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 37 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 38 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 39 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 40 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 41 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 42 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 43 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 44 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 45 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 46 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 47 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 48 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 49 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 50 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 51 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 52 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 53 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 54 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 55 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 56 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 57 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 58 WHERE thread = 3 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 59 WHERE thread = 3 AND n = 0

--: commit
\commit

--: probe-read
SELECT n, val FROM probe WHERE thread = 3 ORDER BY n

== thread

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 0 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 1 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 2 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 3 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 4 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 5 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 6 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 7 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 8 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 9 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 10 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 11 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 12 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 13 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 14 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 15 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 16 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 17 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 18 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 19 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 20 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 21 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 22 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 23 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 24 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 25 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 26 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 27 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 28 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 29 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 30 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 31 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 32 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 33 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 34 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 35 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 36 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 37 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 38 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 39 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 40 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 41 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 42 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 43 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 44 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 45 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 46 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 47 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 48 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 49 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 50 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 51 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 52 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 53 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 54 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 55 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 56 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin SERIALIZABLE

--: probe-put
UPDATE probe SET val = 57 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin REPEATABLE READ

--: probe-put
UPDATE probe SET val = 58 WHERE thread = 4 AND n = 0

--: commit
\commit

--: begin
\begin READ COMMITTED

--: probe-put
UPDATE probe SET val = 59 WHERE thread = 4 AND n = 0

--: commit
\commit

--: probe-read
SELECT n, val FROM probe WHERE thread = 4 ORDER BY n

