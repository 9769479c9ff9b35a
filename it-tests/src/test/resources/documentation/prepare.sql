CREATE TABLE foo (a int PRIMARY KEY, b text, c bool, d numeric)

CREATE TABLE logs (lid int, usr int)

PREPARE fooplan (int, text, bool, numeric) AS INSERT INTO foo VALUES($1, $2, $3, $4)

EXECUTE fooplan(1, 'Hunter Valley', 't', 200.00)

PREPARE usrrptplan (int) AS SELECT * FROM foo f, logs l WHERE f.a=$1 AND f.a=l.usr

EXECUTE usrrptplan(1)

DEALLOCATE fooplan

DEALLOCATE ALL
