# name: an INSERT through a view that nothing has traced
# mode: reference
# schema: direct

== schema

CREATE TABLE probe (thread int, n int, val int NOT NULL, PRIMARY KEY (thread, n))

CREATE TABLE t1 (
  id bigint GENERATED ALWAYS AS IDENTITY,
  grp int,
  v2 real DEFAULT '0.1' NOT NULL,
  v3 daterange,
  v4 numeric(12,3) NOT NULL,
  PRIMARY KEY (id)
)

CREATE VIEW view0 AS SELECT * FROM t1

== fill

--: fill
INSERT INTO view0 (grp, v2, v3, v4) VALUES (15, DEFAULT, '[2024-01-01,2024-02-01)', -2.25), (14, '0.1', 'empty', 1000.001), (24, '1e-45', '[2024-01-01,2024-02-01)', 0), (4, (SELECT count(*) FROM view0), 'empty', -2.25) RETURNING *

== thread

