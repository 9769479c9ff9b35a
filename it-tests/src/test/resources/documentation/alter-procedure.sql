CREATE PROCEDURE insert_data(a integer, b integer) LANGUAGE sql AS 'SELECT 1'

ALTER PROCEDURE insert_data(integer, integer) RENAME TO insert_record

ALTER PROCEDURE insert_record(integer, integer) OWNER TO joe

CREATE SCHEMA accounting

ALTER PROCEDURE insert_record(integer, integer) SET SCHEMA accounting

ALTER PROCEDURE accounting.insert_record(integer, integer) SET search_path = admin, pg_temp

ALTER ROUTINE accounting.insert_record(integer, integer) RENAME TO insert_data

DROP ROUTINE accounting.insert_data(integer, integer)
