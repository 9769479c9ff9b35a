# name: a primary that dies when triggers are made
# mode: crash
# schema: direct

== schema

CREATE TABLE ticket (id bigserial, thread int NOT NULL)

CREATE TABLE t1 (
  grp int NOT NULL DEFAULT 0,
  v1 bytea,
  v2 tsvector
)

== fill

== thread

== thread

--: update-range
UPDATE t1 SET grp = grp * 2, v1 = v1 || '\x01' WHERE t1.grp BETWEEN 0 AND 4 RETURNING *

--: copy-in
\copy COPY t1 (grp) FROM STDIN WHERE grp > 3
--? text 1;5;2;3;7;

--: insert
INSERT INTO t0 DEFAULT VALUES RETURNING grp

