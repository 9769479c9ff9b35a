CREATE TABLE t (id int PRIMARY KEY)

CREATE PROCEDURE do_db_maintenance() LANGUAGE sql AS 'INSERT INTO t VALUES (1)'

CALL do_db_maintenance()
