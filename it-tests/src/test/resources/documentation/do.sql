CREATE SCHEMA doc_do_inner

CREATE VIEW doc_do_inner.v AS SELECT 1 AS x

CREATE TABLE t (id int PRIMARY KEY)

DO $$ BEGIN INSERT INTO t VALUES (1); END $$

-- error 0A000
DO $$DECLARE r record;
BEGIN
    FOR r IN SELECT table_schema, table_name FROM information_schema.tables
             WHERE table_type = 'VIEW' AND table_schema = 'doc_do_inner'
    LOOP
        EXECUTE 'GRANT ALL ON ' || quote_ident(r.table_schema) || '.' || quote_ident(r.table_name) || ' TO webuser';
    END LOOP;
END$$

DO $$ BEGIN CREATE TYPE doc_do_inner.mood AS ENUM ('sad', 'ok'); EXCEPTION WHEN duplicate_object THEN null; END $$

DO $$ BEGIN CREATE TYPE doc_do_inner.mood AS ENUM ('sad', 'ok'); EXCEPTION WHEN duplicate_object THEN null; END $$

DO $$ BEGIN
  IF NOT EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = 'doc_do' AND table_name = 't' AND column_name = 'n') THEN
    ALTER TABLE t ADD COLUMN n int DEFAULT 7;
    CREATE INDEX t_n ON t (n);
  END IF;
END $$

INSERT INTO t VALUES (2, 3)
