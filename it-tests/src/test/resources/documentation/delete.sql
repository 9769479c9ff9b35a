CREATE TABLE producers (id int PRIMARY KEY, name text)

CREATE TABLE films (code char(5) PRIMARY KEY, title text, kind text, producer_id int)

CREATE TABLE tasks (id int PRIMARY KEY, status text)

CREATE TABLE user_logs (id int PRIMARY KEY, creation_date date, status text)

INSERT INTO producers VALUES (1, 'foo'), (2, 'bar')

INSERT INTO films SELECT g, 't' || g, CASE WHEN g % 2 = 0 THEN 'Musical' ELSE 'Drama' END, g % 3 FROM generate_series(1, 20) g

INSERT INTO tasks SELECT g, CASE WHEN g % 3 = 0 THEN 'DONE' ELSE 'OPEN' END FROM generate_series(1, 20) g

INSERT INTO user_logs SELECT g, '2020-01-01'::date + g, 'archived' FROM generate_series(1, 20) g

DELETE FROM films USING producers WHERE producer_id = producers.id AND producers.name = 'foo'

DELETE FROM films WHERE producer_id IN (SELECT id FROM producers WHERE name = 'bar')

DELETE FROM films WHERE kind <> 'Musical'

DELETE FROM tasks WHERE status = 'DONE' RETURNING *

BEGIN

DECLARE c_tasks CURSOR FOR SELECT * FROM tasks ORDER BY id FOR UPDATE

FETCH c_tasks

DELETE FROM tasks WHERE CURRENT OF c_tasks

COMMIT

WITH delete_batch AS (SELECT l.ctid FROM user_logs AS l WHERE l.status = 'archived' ORDER BY l.creation_date FOR UPDATE LIMIT 10) DELETE FROM user_logs AS dl USING delete_batch AS del WHERE dl.ctid = del.ctid

DELETE FROM films
