CREATE TABLE films (code char(5) PRIMARY KEY, title text, did int)

CREATE INDEX distributors ON films (did)

ALTER INDEX distributors RENAME TO suppliers

ALTER INDEX suppliers SET (fillfactor = 75)

CREATE INDEX coord_idx ON films (did, (did * 2))

ALTER INDEX coord_idx ALTER COLUMN 2 SET STATISTICS 1000

ALTER INDEX IF EXISTS nothing RENAME TO something

-- error 42704
ALTER INDEX suppliers SET TABLESPACE fasttablespace
