CREATE FOREIGN DATA WRAPPER alter_um

CREATE SERVER alter_um FOREIGN DATA WRAPPER alter_um

CREATE USER MAPPING FOR bob SERVER alter_um OPTIONS (user 'bob', password 'secret')

ALTER USER MAPPING FOR bob SERVER alter_um OPTIONS (SET password 'public')

DROP USER MAPPING FOR bob SERVER alter_um
