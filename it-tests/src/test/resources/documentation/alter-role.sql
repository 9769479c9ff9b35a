CREATE ROLE davide

ALTER ROLE davide WITH PASSWORD 'hu8jmn3'

CREATE USER davide_2 WITH PASSWORD 'jw8s0F4' VALID UNTIL '2035-01-01'

DROP USER davide_2

ALTER ROLE davide VALID UNTIL 'May 4 12:00:00 2035 +1'

ALTER ROLE davide VALID UNTIL 'infinity'

ALTER ROLE davide CREATEROLE CREATEDB

ALTER ROLE davide SET maintenance_work_mem = 100000

-- refused: *
ALTER ROLE davide IN DATABASE shop SET client_encoding = 'latin1'

ALTER USER davide RENAME TO david

DROP ROLE david
