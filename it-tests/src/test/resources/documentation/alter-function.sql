CREATE FUNCTION check_password(text) RETURNS boolean LANGUAGE sql AS 'SELECT true'

CREATE FUNCTION sqrt(integer) RETURNS float8 LANGUAGE sql AS 'SELECT $1::float8'

ALTER FUNCTION sqrt(integer) RENAME TO square_root

ALTER FUNCTION square_root(integer) OWNER TO joe

CREATE SCHEMA maths

ALTER FUNCTION square_root(integer) SET SCHEMA maths

ALTER FUNCTION check_password(text) SET search_path = admin, pg_temp

ALTER FUNCTION check_password(text) RESET search_path

ALTER FUNCTION check_password(text) DEPENDS ON EXTENSION plpgsql

ALTER FUNCTION check_password(text) IMMUTABLE STRICT PARALLEL SAFE COST 5
