CREATE TYPE money_like AS (amount int)

CREATE FUNCTION to_money_like(bigint) RETURNS money_like LANGUAGE sql IMMUTABLE AS 'SELECT ROW($1)::money_like'

CREATE CAST (bigint AS money_like) WITH FUNCTION to_money_like(bigint) AS ASSIGNMENT

DROP CAST (bigint AS money_like)
