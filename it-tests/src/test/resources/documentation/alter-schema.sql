CREATE SCHEMA alter_me

ALTER SCHEMA alter_me RENAME TO altered

ALTER SCHEMA altered OWNER TO joe

DROP SCHEMA altered
