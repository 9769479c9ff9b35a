CREATE FUNCTION last_agg(anyelement, anyelement) RETURNS anyelement LANGUAGE sql IMMUTABLE STRICT AS 'SELECT $2'

CREATE AGGREGATE last(anyelement) (sfunc = last_agg, stype = anyelement)

SELECT last(x) FROM generate_series(1, 3) x
