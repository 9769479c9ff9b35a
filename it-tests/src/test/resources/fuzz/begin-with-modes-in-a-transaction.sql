# name: BEGIN with modes inside a transaction
# mode: reference
# schema: direct

== schema

CREATE TYPE pair AS (a int, b text)

CREATE TABLE t0 (
  id serial,
  grp int NOT NULL DEFAULT 0,
  v2 pair DEFAULT '(,"q,r")',
  v3 jsonb,
  gen text GENERATED ALWAYS AS ('g' || coalesce(grp, 0)::text) STORED,
  PRIMARY KEY (id)
)

== fill

== thread

--: begin
\begin READ COMMITTED

--: delete-range
DELETE FROM t0 WHERE t0.grp < 1 AND t0.grp > 2

--: begin
BEGIN ISOLATION LEVEL REPEATABLE READ

