# name: a bit string in a captured row
# mode: concurrent
# schema: direct

== schema

CREATE TABLE t0 (id serial PRIMARY KEY, grp int, b bit(5), c bit varying)

== fill

--: insert
INSERT INTO t0 (grp, b, c) VALUES (1, '10101', '101'), (1, '00011', '')

== thread

--: update-range
UPDATE t0 SET b = ~b, c = c || '1' WHERE grp = 1
