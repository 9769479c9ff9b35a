CREATE FUNCTION same(text, text) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT $1 = $2'

CREATE OPERATOR @@@ (leftarg = text, rightarg = text, function = same)

ALTER OPERATOR @@@ (text, text) OWNER TO joe

ALTER OPERATOR @@@ (text, text) SET (RESTRICT = eqsel, JOIN = eqjoinsel)

DROP OPERATOR @@@ (text, text)
