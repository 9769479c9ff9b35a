CREATE ROLE leaver

CREATE ROLE stayer

CREATE TABLE owned (id int PRIMARY KEY)

ALTER TABLE owned OWNER TO leaver

REASSIGN OWNED BY leaver TO stayer

DROP OWNED BY leaver

DROP OWNED BY stayer

DROP ROLE leaver, stayer
