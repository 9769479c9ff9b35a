CREATE SEQUENCE serial START 101

SELECT nextval('serial')

CREATE TABLE distributors (id int, name text)

INSERT INTO distributors VALUES (nextval('serial'), 'nothing')

SELECT setval('serial', max(id)) FROM distributors

CREATE SEQUENCE small AS smallint INCREMENT BY -1 MINVALUE -100 MAXVALUE -1 CYCLE OWNED BY distributors.id
