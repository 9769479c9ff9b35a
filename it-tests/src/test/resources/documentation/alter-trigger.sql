CREATE TABLE emp (id int PRIMARY KEY, salary int)

CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.salary := 5; RETURN NEW; END'

CREATE TRIGGER emp_stamp BEFORE INSERT ON emp FOR EACH ROW EXECUTE FUNCTION stamp()

ALTER TRIGGER emp_stamp ON emp RENAME TO emp_track_chgs

ALTER TRIGGER emp_track_chgs ON emp DEPENDS ON EXTENSION plpgsql

INSERT INTO emp VALUES (1, 7)

DROP TRIGGER emp_track_chgs ON emp
