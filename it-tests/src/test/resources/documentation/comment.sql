CREATE TABLE mytable (my_column int PRIMARY KEY, other int)

COMMENT ON TABLE mytable IS 'This is my table.'

COMMENT ON TABLE mytable IS NULL

CREATE FOREIGN DATA WRAPPER comment_fdw

CREATE SERVER comment_server FOREIGN DATA WRAPPER comment_fdw

CREATE FOREIGN TABLE my_foreign_table (id int) SERVER comment_server

COMMENT ON ACCESS METHOD gin IS 'GIN index access method'

CREATE AGGREGATE my_aggregate (double precision) (sfunc = float8_accum, stype = float8[], finalfunc = float8_var_samp, initcond = '{0,0,0}')

COMMENT ON AGGREGATE my_aggregate (double precision) IS 'Computes sample variance'

COMMENT ON CAST (text AS xml) IS 'Allow casts from text to xml'

COMMENT ON COLLATION "C" IS 'Canadian French'

COMMENT ON COLUMN mytable.my_column IS 'Employee ID number'

CREATE CONVERSION my_conv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8

COMMENT ON CONVERSION my_conv IS 'Conversion to UTF8'

ALTER TABLE mytable ADD CONSTRAINT bar_col_cons CHECK (other > 0)

COMMENT ON CONSTRAINT bar_col_cons ON mytable IS 'Constrains column col'

CREATE DOMAIN dom AS int CONSTRAINT dom_col_constr CHECK (VALUE > 0)

COMMENT ON CONSTRAINT dom_col_constr ON DOMAIN dom IS 'Constrains col of domain'

-- refused: belongs to one server
COMMENT ON DATABASE my_database IS 'Development Database'

COMMENT ON DOMAIN dom IS 'Email Address Domain'

-- refused: event trigger
COMMENT ON EVENT TRIGGER abort_ddl IS 'Aborts all DDL commands'

COMMENT ON EXTENSION plpgsql IS 'a language'

COMMENT ON FOREIGN DATA WRAPPER comment_fdw IS 'my foreign data wrapper'

COMMENT ON FOREIGN TABLE my_foreign_table IS 'Employee Information in other database'

CREATE FUNCTION my_function (timestamp) RETURNS text LANGUAGE sql AS 'SELECT $1::text'

COMMENT ON FUNCTION my_function (timestamp) IS 'Returns Roman Numeral'

CREATE INDEX my_index ON mytable (other)

COMMENT ON INDEX my_index IS 'Enforces uniqueness on employee ID'

COMMENT ON LANGUAGE plpgsql IS 'a language for stored procedures'

-- refused: large objects
COMMENT ON LARGE OBJECT 346344 IS 'Planning document'

CREATE MATERIALIZED VIEW my_matview AS SELECT my_column FROM mytable

COMMENT ON MATERIALIZED VIEW my_matview IS 'Summary of order history'

CREATE OPERATOR ^^^ (leftarg = text, rightarg = text, function = texteq)

COMMENT ON OPERATOR ^^^ (text, text) IS 'Performs intersection of two texts'

COMMENT ON OPERATOR CLASS int4_ops USING btree IS '4 byte integer operators for btrees'

COMMENT ON OPERATOR FAMILY integer_ops USING btree IS 'all integer operators for btrees'

CREATE POLICY my_policy ON mytable USING (true)

COMMENT ON POLICY my_policy ON mytable IS 'Filter rows by users'

CREATE PROCEDURE my_proc () LANGUAGE sql AS 'SELECT 1'

COMMENT ON PROCEDURE my_proc () IS 'Runs a report'

CREATE PUBLICATION comment_publication

COMMENT ON PUBLICATION comment_publication IS 'Publishes all operations on table mytable'

COMMENT ON ROLE joe IS 'Administration group for finance tables'

COMMENT ON ROUTINE my_proc () IS 'Runs a routine'

CREATE RULE my_rule AS ON DELETE TO mytable DO INSTEAD NOTHING

COMMENT ON RULE my_rule ON mytable IS 'Logs updates of employee records'

CREATE SCHEMA my_schema

COMMENT ON SCHEMA my_schema IS 'Departmental data'

CREATE SEQUENCE my_sequence

COMMENT ON SEQUENCE my_sequence IS 'Used to generate primary keys'

COMMENT ON SERVER comment_server IS 'my foreign server'

CREATE STATISTICS my_statistics ON my_column, other FROM mytable

COMMENT ON STATISTICS my_statistics IS 'Improves planner row estimations'

-- refused: past Tandem
COMMENT ON SUBSCRIPTION alltables IS 'Subscription for all operations on all tables'

-- refused: directory
COMMENT ON TABLESPACE pg_default IS 'Tablespace for indexes'

COMMENT ON TEXT SEARCH CONFIGURATION english IS 'Special word filtering'

COMMENT ON TEXT SEARCH DICTIONARY english_stem IS 'Snowball stemmer'

COMMENT ON TEXT SEARCH PARSER "default" IS 'Splits text into words'

COMMENT ON TEXT SEARCH TEMPLATE snowball IS 'Snowball stemmer'

CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'

CREATE TRIGGER my_trigger BEFORE INSERT ON mytable FOR EACH ROW EXECUTE FUNCTION touch()

COMMENT ON TRIGGER my_trigger ON mytable IS 'Used for RI'

CREATE TYPE complex AS (r float8, i float8)

COMMENT ON TYPE complex IS 'Complex number data type'

CREATE VIEW my_view AS SELECT 1 AS x

COMMENT ON VIEW my_view IS 'View of departmental costs'

DROP POLICY my_policy ON mytable

DROP PUBLICATION comment_publication
