-- refused: directory
CREATE TABLESPACE dbspace LOCATION '/data/dbs'
