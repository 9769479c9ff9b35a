CREATE TYPE box2 AS (a int)

CREATE FUNCTION area_equal_function(box2, box2) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT ($1).a = ($2).a'

CREATE OPERATOR === (LEFTARG = box2, RIGHTARG = box2, FUNCTION = area_equal_function, COMMUTATOR = ===, RESTRICT = eqsel, JOIN = eqjoinsel)
