CREATE ROLE jonathan LOGIN

CREATE USER davide2

CREATE ROLE admin2 WITH CREATEDB CREATEROLE

GRANT admin2 TO jonathan

DROP ROLE jonathan, davide2, admin2
