CREATE FUNCTION add(integer, integer) RETURNS integer AS 'select $1 + $2;' LANGUAGE SQL IMMUTABLE RETURNS NULL ON NULL INPUT

CREATE OR REPLACE FUNCTION add(integer, integer) RETURNS integer LANGUAGE SQL IMMUTABLE RETURNS NULL ON NULL INPUT RETURN $1 + $2

CREATE FUNCTION add2(a integer, b integer) RETURNS integer LANGUAGE SQL IMMUTABLE RETURNS NULL ON NULL INPUT BEGIN ATOMIC SELECT CASE WHEN a > 0 THEN a + b ELSE b END; END

CREATE OR REPLACE FUNCTION increment(i integer) RETURNS integer AS $$
        BEGIN
                RETURN i + 1;
        END;
$$ LANGUAGE plpgsql

CREATE FUNCTION dup(in int, out f1 int, out f2 text) AS $$ SELECT $1, CAST($1 AS text) || ' is text' $$ LANGUAGE SQL

SELECT * FROM dup(42)

CREATE TYPE dup_result AS (f1 int, f2 text)

CREATE FUNCTION dup2(int) RETURNS dup_result AS $$ SELECT $1, CAST($1 AS text) || ' is text' $$ LANGUAGE SQL

SELECT * FROM dup2(42)

CREATE FUNCTION dup3(int) RETURNS TABLE(f1 int, f2 text) AS $$ SELECT $1, CAST($1 AS text) || ' is text' $$ LANGUAGE SQL

SELECT * FROM dup3(42)

CREATE TABLE pwds (username text PRIMARY KEY, pwd text)

CREATE FUNCTION check_password(uname TEXT, pass TEXT)
RETURNS BOOLEAN AS $$
DECLARE passed BOOLEAN;
BEGIN
        SELECT  (pwd = $2) INTO passed
        FROM    pwds
        WHERE   username = $1;
        RETURN passed;
END;
$$  LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = admin, pg_temp

BEGIN

CREATE FUNCTION secured(uname TEXT) RETURNS BOOLEAN SECURITY DEFINER LANGUAGE sql AS 'SELECT true'

REVOKE ALL ON FUNCTION secured(uname TEXT) FROM PUBLIC

GRANT EXECUTE ON FUNCTION secured(uname TEXT) TO admin

COMMIT
