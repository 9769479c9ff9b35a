# name: a number drawn before a savepoint was taken back
# mode: crash
# schema: direct

== schema

CREATE TABLE ticket (id bigserial, thread int NOT NULL)

== fill

--: begin
BEGIN

--: savepoint
SAVEPOINT s

--: ticket
INSERT INTO ticket (thread) VALUES (1), (1) RETURNING id

--: savepoint
ROLLBACK TO SAVEPOINT s

--: commit
COMMIT

== thread

--: select
SELECT count(*) FROM generate_series(1, 200000)

--: select
SELECT count(*) FROM generate_series(1, 200000)

--: select
SELECT count(*) FROM generate_series(1, 200000)

--: select
SELECT count(*) FROM generate_series(1, 200000)

--: select
SELECT count(*) FROM generate_series(1, 200000)

--: select
SELECT count(*) FROM generate_series(1, 200000)

--: select
SELECT count(*) FROM generate_series(1, 200000)

--: select
SELECT count(*) FROM generate_series(1, 200000)

--: select
SELECT count(*) FROM generate_series(1, 200000)

--: select
SELECT count(*) FROM generate_series(1, 200000)

--: select
SELECT count(*) FROM generate_series(1, 200000)

--: select
SELECT count(*) FROM generate_series(1, 200000)

--: select
SELECT count(*) FROM generate_series(1, 200000)

--: select
SELECT count(*) FROM generate_series(1, 200000)

--: select
SELECT count(*) FROM generate_series(1, 200000)

--: select
SELECT count(*) FROM generate_series(1, 200000)

--: ticket
INSERT INTO ticket (thread) VALUES (2), (2) RETURNING id
