-- What TRACED transactions need on each backend: row triggers that note the keys of the rows they see
-- touched, and a function that turns the keys into final rows. See "TRACED" in DESIGN.md.

-- Keys touched by open transactions. A crash empties it, and ends those transactions.
CREATE UNLOGGED TABLE tandem.touched (
  xid xid8 NOT NULL,
  relation oid NOT NULL,
  op text NOT NULL,
  old_key text[],
  new_key text[]
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);
CREATE INDEX touched_xid ON tandem.touched (xid);
REVOKE ALL ON tandem.touched FROM PUBLIC;

-- Tables that may be written from inside the database, by what the schema says: those that bodies of
-- functions name, and views name that they name; those with triggers or rules, and what these name;
-- either side of a referential action; partitions and what inherits. Their triggers are made ahead,
-- because each costs its table's statements some microseconds even while nothing is traced. Not
-- complete, and need not be: a write of any other table is found at COMMIT, and it gets its own then.
CREATE FUNCTION tandem.trace_wanted() RETURNS SETOF oid
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH RECURSIVE word(name) AS (
    SELECT DISTINCT CASE WHEN left(m[1], 1) = '"'
      THEN substr(m[1], 2, length(m[1]) - 2) ELSE lower(m[1]) END
    FROM pg_proc p
    JOIN pg_language l ON l.oid = p.prolang
    JOIN pg_namespace n ON n.oid = p.pronamespace
    CROSS JOIN LATERAL regexp_matches(
      coalesce(pg_get_function_sqlbody(p.oid), p.prosrc),
      '"[^"]+"|[[:alpha:]_][[:alnum:]_$]*', 'g') m
    -- First, as it saves reading the thousands that initdb has made.
    WHERE p.oid >= 16384 AND l.lanname NOT IN ('internal', 'c')
      AND n.nspname NOT IN ('tandem', 'information_schema') AND n.nspname !~ '^pg_'
      AND coalesce(pg_get_function_sqlbody(p.oid), p.prosrc)
        ~* '\m(insert|update|delete|merge|copy)\M'
      AND NOT EXISTS (
        SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid
          AND d.deptype = 'e')),
  reached(oid) AS (
    SELECT c.oid FROM pg_class c
    WHERE c.relkind IN ('r', 'p', 'v') AND c.relname IN (SELECT w.name FROM word w)
    UNION SELECT t.tgrelid FROM pg_trigger t
    WHERE NOT t.tgisinternal AND t.tgname NOT IN ('tandem_trace', 'tandem_truncate')
    UNION SELECT w.ev_class FROM pg_rewrite w WHERE w.ev_type <> '1'
    UNION SELECT x.relation FROM pg_constraint k
    CROSS JOIN LATERAL (VALUES (k.conrelid), (k.confrelid)) x(relation)
    WHERE k.contype = 'f' AND (k.confdeltype IN ('c', 'n', 'd') OR k.confupdtype IN ('c', 'n', 'd'))
    UNION SELECT x.relation FROM pg_inherits i
    CROSS JOIN LATERAL (VALUES (i.inhparent), (i.inhrelid)) x(relation)
    UNION
    -- What the rules of a view or table name, a view's query being a rule.
    SELECT d.refobjid FROM reached o
    JOIN pg_rewrite w ON w.ev_class = o.oid
    JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
      AND d.refclassid = 'pg_class'::regclass)
  SELECT o.oid FROM reached o
$$;

-- The columns that name a row of a table: its primary key, else a unique key that is whole and never
-- NULL; null if there is none. One that is deferrable will do, since it is used after it was checked;
-- not one WITHOUT OVERLAPS, nor one over a column whose NOT NULL is NOT VALID (both from 18 on).
CREATE FUNCTION tandem.trace_key(p_relation oid) RETURNS smallint[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT ARRAY(
      SELECT k.num FROM unnest(i.indkey) WITH ORDINALITY k(num, place)
      WHERE k.place <= i.indnkeyatts ORDER BY k.place)
  FROM pg_index i
  WHERE i.indrelid = p_relation AND i.indisunique AND i.indisvalid AND i.indisready
    AND i.indpred IS NULL AND i.indexprs IS NULL AND NOT i.indisexclusion
    AND NOT EXISTS (
      SELECT FROM unnest(i.indkey) WITH ORDINALITY k(num, place)
      JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.num
      WHERE k.place <= i.indnkeyatts AND (NOT a.attnotnull
        OR EXISTS (
          SELECT FROM pg_constraint c WHERE c.conrelid = a.attrelid AND c.contype = 'n'
            AND c.conkey = ARRAY[a.attnum] AND NOT c.convalidated)))
  ORDER BY i.indisprimary DESC, i.indnkeyatts, i.indexrelid
  LIMIT 1
$$;

-- The operator by which the server itself compares values of a key column, with its schema: the type
-- may be an extension's, which no search path of Tandem's holds.
CREATE FUNCTION tandem.trace_equality(p_relation oid, p_column smallint) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('%I.%s', n.nspname, p.oprname)
  FROM pg_attribute a
  JOIN pg_type t ON t.oid = a.atttypid
  CROSS JOIN LATERAL (
    SELECT i.indclass[k.place - 1] AS opclass
    FROM pg_index i, unnest(i.indkey) WITH ORDINALITY k(num, place)
    WHERE i.indrelid = p_relation AND i.indisunique AND k.num = p_column
      AND k.place <= i.indnkeyatts
    ORDER BY i.indisprimary DESC, i.indexrelid LIMIT 1) x
  JOIN pg_opclass c ON c.oid = x.opclass
  JOIN pg_amop m ON m.amopfamily = c.opcfamily AND m.amopstrategy = 3
    AND m.amoplefttype = c.opcintype AND m.amoprighttype = c.opcintype
  JOIN pg_operator p ON p.oid = m.amopopr
  JOIN pg_namespace n ON n.oid = p.oprnamespace
  WHERE a.attrelid = p_relation AND a.attnum = p_column
$$;

-- The columns of a table that a row can be put in with.
CREATE FUNCTION tandem.trace_columns(p_relation oid) RETURNS smallint[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(array_agg(a.attnum ORDER BY a.attnum), ARRAY[]::smallint[])
  FROM pg_attribute a
  WHERE a.attrelid = p_relation AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
$$;

-- The text of a table's trigger function. Its first line makes a change of types a change of text. Rows
-- of a table without a key are noted as they are when they are inserted: nothing may change them
-- afterwards in a transaction that is traced.
CREATE FUNCTION tandem.trace_body(p_relation oid, p_key smallint[]) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format(CASE WHEN p_key IS NULL THEN '-- %1$s
BEGIN
  IF TG_OP OPERATOR(pg_catalog.<>) ''INSERT'' THEN PERFORM tandem.trace_refuse(TG_OP, TG_RELID); END IF;
  INSERT INTO tandem.touched
    VALUES (pg_catalog.pg_current_xact_id(), TG_RELID, TG_OP, NULL, ARRAY[%3$s]);
  RETURN NULL;
END' ELSE '-- %s
DECLARE
  v_old pg_catalog.text[];
  v_new pg_catalog.text[];
BEGIN
  IF TG_OP OPERATOR(pg_catalog.<>) ''INSERT'' THEN v_old := ARRAY[%s]; END IF;
  IF TG_OP OPERATOR(pg_catalog.<>) ''DELETE'' THEN v_new := ARRAY[%s]; END IF;
  INSERT INTO tandem.touched
    VALUES (pg_catalog.pg_current_xact_id(), TG_RELID, TG_OP, v_old, v_new);
  RETURN NULL;
END' END,
    string_agg(format_type(a.atttypid, -1), ', ' ORDER BY k.place),
    string_agg(format('OLD.%I::pg_catalog.text', a.attname), ', ' ORDER BY k.place),
    string_agg(format('NEW.%I::pg_catalog.text', a.attname), ', ' ORDER BY k.place))
  FROM unnest(coalesce(p_key, tandem.trace_columns(p_relation))) WITH ORDINALITY k(num, place)
  JOIN pg_attribute a ON a.attrelid = p_relation AND a.attnum = k.num
$$;

-- A table's name as Tandem passes it about.
CREATE FUNCTION tandem.trace_name(p_schema name, p_name name) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
  SELECT pg_catalog.concat('"', pg_catalog.replace(p_schema, '"', '""'), '"."',
    pg_catalog.replace(p_name, '"', '""'), '"')
$$;

-- True if what is written to a table is seen.
CREATE FUNCTION tandem.is_traced(p_relation oid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (
    SELECT FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE t.tgrelid = p_relation AND t.tgname = 'tandem_trace' AND t.tgenabled = 'A'
      AND p.pronamespace = 'tandem'::regnamespace)
$$;

-- What cannot be traced, said when it is tried and not at COMMIT.
CREATE FUNCTION tandem.trace_refuse(p_op text, p_relation oid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION '% of % inside the database cannot be made equal on every copy%', p_op,
      (SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = p_relation),
      CASE WHEN p_op = 'TRUNCATE' THEN '' ELSE ': it has no key' END
    USING ERRCODE = '0A000', HINT = CASE WHEN p_op = 'TRUNCATE'
      THEN 'Send TRUNCATE as a statement of its own, or use DELETE.'
      ELSE 'Add a primary key, or a unique key over NOT NULL columns.' END;
END $$;

CREATE FUNCTION tandem.trace_truncate() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tandem.trace_refuse(TG_OP, TG_RELID);
  RETURN NULL;
END $$;

-- Gives tables the triggers they need, where they have not got them yet: those that may be written
-- from inside the database, those that are named, and those that have triggers which no longer fit;
-- how many tables were changed. Run after whatever changes the schema, in the same transaction. A
-- table that Tandem's role may not give a trigger is left alone: a transaction that writes it is
-- then refused.
CREATE FUNCTION tandem.maintain_tracing(p_most int, p_named text[] DEFAULT ARRAY[]::text[])
RETURNS int
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s' SET client_min_messages = warning AS $$
DECLARE
  r record;
  v_done int := 0;
  -- In the condition, so that rows of a statement that is not traced never get into a queue.
  v_when text := 'WHEN (pg_catalog.current_setting(''tandem.trace'', true)'
      || ' OPERATOR(pg_catalog.=) ''on'')';
  -- So that the text of a key does not depend on what a session has SET.
  v_pins text := ' SET datestyle = ''ISO, MDY'' SET intervalstyle = postgres SET timezone = ''UTC'''
      || ' SET extra_float_digits = 3 SET bytea_output = hex';
BEGIN
  PERFORM tandem.follow_sequences();
  FOR r IN
    SELECT format('%I.%I', n.nspname, c.relname) AS relation, w.name, w.body, w.plain
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL (SELECT tandem.trace_key(c.oid) AS key OFFSET 0) k
    CROSS JOIN LATERAL (
      SELECT
        'trace_' || c.oid AS name,
        tandem.trace_body(c.oid, k.key) AS body,
        k.key IS NOT NULL AND NOT EXISTS (
          SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = ANY (k.key)
            AND a.atttypid NOT IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype,
              'text'::regtype, 'varchar'::regtype, 'bpchar'::regtype, 'uuid'::regtype,
              'bool'::regtype, 'numeric'::regtype, 'name'::regtype)) AS plain
      OFFSET 0) w
    WHERE c.relkind = 'r' AND c.relpersistence = 'p'
      AND n.nspname NOT IN ('tandem', 'information_schema') AND n.nspname !~ '^pg_'
      AND (c.oid IN (SELECT tandem.trace_wanted())
        OR tandem.trace_name(n.nspname, c.relname) = ANY (p_named)
        OR EXISTS (
          SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = 'tandem_trace'))
      AND 2 > (
        SELECT count(*) FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
        WHERE t.tgrelid = c.oid AND t.tgenabled = 'A' AND p.pronamespace = 'tandem'::regnamespace
          AND (t.tgname = 'tandem_truncate' AND p.proname = 'trace_truncate'
            OR t.tgname = 'tandem_trace' AND p.proname = w.name AND p.prosrc = w.body))
  LOOP
    BEGIN
      EXECUTE format('CREATE OR REPLACE FUNCTION tandem.%I() RETURNS trigger LANGUAGE plpgsql '
          || 'SECURITY DEFINER%s AS %L',
        r.name, CASE WHEN r.plain THEN '' ELSE v_pins END, r.body);
      EXECUTE format('CREATE OR REPLACE TRIGGER tandem_trace AFTER INSERT OR UPDATE OR DELETE ON %s '
          || 'FOR EACH ROW %s EXECUTE FUNCTION tandem.%I()', r.relation, v_when, r.name);
      EXECUTE format('CREATE OR REPLACE TRIGGER tandem_truncate AFTER TRUNCATE ON %s '
          || 'FOR EACH STATEMENT %s EXECUTE FUNCTION tandem.trace_truncate()', r.relation, v_when);
      EXECUTE format('ALTER TABLE ONLY %s ENABLE ALWAYS TRIGGER tandem_trace, '
          || 'ENABLE ALWAYS TRIGGER tandem_truncate', r.relation);
      v_done := v_done + 1;
      EXIT WHEN v_done >= p_most;
    EXCEPTION WHEN insufficient_privilege OR lock_not_available OR object_in_use
        OR undefined_table THEN
      CONTINUE;
    END;
  END LOOP;
  FOR r IN
    SELECT p.proname FROM pg_proc p
    WHERE p.pronamespace = 'tandem'::regnamespace AND p.proname ~ '^trace_[0-9]+$'
      AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgfoid = p.oid)
  LOOP
    EXECUTE format('DROP FUNCTION tandem.%I()', r.proname);
  END LOOP;
  RETURN v_done;
END $$;

-- The first partitioned table that would put a row into another partition on another server: by the
-- hash of a type whose values are object identifiers inside (enums), or by reg* types in any way. Of
-- an expression only its operator class tells.
CREATE FUNCTION tandem.partitioned_by_oid() RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH RECURSIVE key AS (
    SELECT p.partrelid, p.partstrat, o.opcintype, a.atttypid
    FROM pg_partitioned_table p
    CROSS JOIN LATERAL unnest(p.partattrs::int2[], p.partclass::oid[]) k(attnum, class)
    JOIN pg_opclass o ON o.oid = k.class
    LEFT JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = k.attnum AND k.attnum > 0
  ), part(relation, strategy, type) AS (
    SELECT k.partrelid, k.partstrat, k.atttypid FROM key k WHERE k.atttypid IS NOT NULL
    UNION
    SELECT p.relation, p.strategy, i.type FROM part p JOIN pg_type t ON t.oid = p.type
    CROSS JOIN LATERAL (
      SELECT t.typbasetype AS type WHERE t.typtype = 'd'
      UNION ALL SELECT t.typelem WHERE t.typelem <> 0
      UNION ALL SELECT r.rngsubtype FROM pg_range r WHERE t.oid IN (r.rngtypid, r.rngmultitypid)
      UNION ALL SELECT a.atttypid FROM pg_attribute a
        WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped) i
  )
  SELECT format('%s, partitioned by %s', x.relation::regclass, x.what) FROM (
    SELECT p.relation, format_type(p.type, NULL) AS what
    FROM part p JOIN pg_type t ON t.oid = p.type
    WHERE t.typtype = 'e' AND p.strategy = 'h' OR t.typname ~ '^reg' AND t.typnamespace = 11
    UNION ALL
    SELECT k.partrelid, 'an expression of type ' || k.opcintype::regtype
    FROM key k WHERE k.atttypid IS NULL AND (k.opcintype = 'oid'::regtype OR k.partstrat = 'h'
      AND k.opcintype IN ('anyenum'::regtype, 'anyarray'::regtype, 'anyrange'::regtype,
        'anymultirange'::regtype, 'record'::regtype))) x
  ORDER BY 1 LIMIT 1
$$;

-- Sequences by the names that they had when the schema was changed last.
CREATE TABLE tandem.known_sequence (
  relation oid PRIMARY KEY,
  sequence_schema text NOT NULL,
  sequence_name text NOT NULL
);
REVOKE ALL ON tandem.known_sequence FROM PUBLIC;

-- At the end of a transaction with DDL, on every copy: a reservation goes by its sequence's name, and
-- follows it to another. Two may have changed names with each other.
CREATE FUNCTION tandem.follow_sequences() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_old tandem.known_sequence[] := ARRAY(
    SELECT k FROM tandem.known_sequence k
    LEFT JOIN pg_class c ON c.oid = k.relation AND c.relkind = 'S'
    LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.oid IS NULL OR c.relname <> k.sequence_name OR n.nspname <> k.sequence_schema);
  v_moved tandem.reservation[];
BEGIN
  IF v_old <> '{}' THEN
    v_moved := ARRAY(
      SELECT ROW(n.nspname, c.relname,
          CASE WHEN q.seqincrement > 0 THEN max(r.reserved) ELSE min(r.reserved) END)::tandem.reservation
      FROM unnest(v_old) o
      JOIN pg_class c ON c.oid = o.relation JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_sequence q ON q.seqrelid = c.oid
      -- Under its new name too, if this transaction has used it, and nobody else had that.
      JOIN tandem.reservation r
        ON r.sequence_schema = o.sequence_schema AND r.sequence_name = o.sequence_name
        OR r.sequence_schema = n.nspname AND r.sequence_name = c.relname
          AND NOT EXISTS (SELECT FROM unnest(v_old) x
            WHERE x.sequence_schema = n.nspname AND x.sequence_name = c.relname)
      GROUP BY n.nspname, c.relname, q.seqincrement);
    DELETE FROM tandem.reservation r USING (
      SELECT o.sequence_schema, o.sequence_name FROM unnest(v_old) o
        WHERE EXISTS (SELECT FROM pg_class c WHERE c.oid = o.relation)
      UNION SELECT m.sequence_schema, m.sequence_name FROM unnest(v_moved) m) g
    WHERE r.sequence_schema = g.sequence_schema AND r.sequence_name = g.sequence_name;
    INSERT INTO tandem.reservation SELECT m.* FROM unnest(v_moved) m;
    DELETE FROM tandem.known_sequence k USING unnest(v_old) o WHERE k.relation = o.relation;
  END IF;
  INSERT INTO tandem.known_sequence
  SELECT c.oid, n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'S' AND c.relpersistence <> 't' AND n.nspname <> 'tandem'
    AND NOT EXISTS (SELECT FROM tandem.known_sequence k WHERE k.relation = c.oid);
END $$;

-- The first event trigger that would run on each copy by itself, whose writes are in no log. Those of
-- an extension in C (pgaudit) are taken not to write.
CREATE FUNCTION tandem.own_event_trigger() RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT e.evtname::text FROM pg_event_trigger e JOIN pg_proc p ON p.oid = e.evtfoid
  JOIN pg_language l ON l.oid = p.prolang
  WHERE e.evtenabled <> 'D' AND e.evtevent <> 'login' AND l.lanname NOT IN ('c', 'internal')
  ORDER BY 1 LIMIT 1
$$;

-- At the end of a transaction with DDL. That of a client runs under its role on other copies, so Tandem's
-- role must be able to take that role; else this copy would be the only one that has it.
CREATE FUNCTION tandem.schema_changed(p_by_client boolean) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_role name := CASE current_setting('role') WHEN 'none' THEN session_user::text
    ELSE current_setting('role') END;
  v_partitioned text := tandem.partitioned_by_oid();
  v_trigger text := tandem.own_event_trigger();
BEGIN
  IF p_by_client AND v_trigger IS NOT NULL THEN
    RAISE EXCEPTION 'the event trigger % would run on each copy by itself', v_trigger
      USING ERRCODE = '0A000',
        HINT = format('ALTER EVENT TRIGGER %I DISABLE, on every server, past Tandem.', v_trigger);
  END IF;
  IF v_partitioned IS NOT NULL THEN
    RAISE EXCEPTION 'the table %, would have its rows in other partitions on other servers: such values are kept as numbers that each server gives by itself',
      v_partitioned
      USING ERRCODE = '0A000', HINT = 'Partition by LIST, or by a text or a number.';
  END IF;
  IF p_by_client AND NOT pg_has_role(current_user, v_role,
      CASE WHEN current_setting('server_version_num')::int < 160000 THEN 'MEMBER' ELSE 'SET' END)
  THEN
    RAISE EXCEPTION 'the schema cannot be changed by %, whose role Tandem''s role % cannot take on other servers',
      v_role, current_user
      USING ERRCODE = '42501', HINT = format('GRANT %I TO %I on every server.', v_role, current_user);
  END IF;
  RETURN tandem.maintain_tracing(1000000);
END $$;

-- For tables that turn out to need them: the transaction holds the cluster alone, and this is
-- logged. Which of them still have none.
CREATE FUNCTION tandem.install_tracing(p_named text[]) RETURNS text[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM tandem.maintain_tracing(1000000, p_named);
  RETURN ARRAY(
    SELECT tandem.trace_name(n.nspname, c.relname)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND tandem.trace_name(n.nspname, c.relname) = ANY (p_named)
      AND NOT tandem.is_traced(c.oid));
END $$;

-- The settings that a function could change and that later statements, or their logged texts, depend on.
CREATE FUNCTION tandem.trace_settings() RETURNS text
LANGUAGE sql STABLE AS $$
  SELECT pg_catalog.concat_ws('; ',
    'user ' OPERATOR(pg_catalog.||) current_user::pg_catalog.text,
    'session user ' OPERATOR(pg_catalog.||) session_user::pg_catalog.text,
    'search_path ' OPERATOR(pg_catalog.||) pg_catalog.current_setting('search_path'),
    'TimeZone ' OPERATOR(pg_catalog.||) pg_catalog.current_setting('TimeZone'),
    'DateStyle ' OPERATOR(pg_catalog.||) pg_catalog.current_setting('DateStyle'),
    'IntervalStyle ' OPERATOR(pg_catalog.||) pg_catalog.current_setting('IntervalStyle'),
    'lc_monetary ' OPERATOR(pg_catalog.||) pg_catalog.current_setting('lc_monetary'),
    'extra_float_digits ' OPERATOR(pg_catalog.||) pg_catalog.current_setting('extra_float_digits'),
    'bytea_output ' OPERATOR(pg_catalog.||) pg_catalog.current_setting('bytea_output'),
    'client_encoding ' OPERATOR(pg_catalog.||) pg_catalog.current_setting('client_encoding'),
    'standard_conforming_strings '
      OPERATOR(pg_catalog.||) pg_catalog.current_setting('standard_conforming_strings'),
    'session_replication_role '
      OPERATOR(pg_catalog.||) pg_catalog.current_setting('session_replication_role'),
    'row_security ' OPERATOR(pg_catalog.||) pg_catalog.current_setting('row_security'),
    'default_transaction_isolation '
      OPERATOR(pg_catalog.||) pg_catalog.current_setting('default_transaction_isolation'),
    'default_transaction_read_only '
      OPERATOR(pg_catalog.||) pg_catalog.current_setting('default_transaction_read_only'),
    'track_counts ' OPERATOR(pg_catalog.||) pg_catalog.current_setting('track_counts'))
$$;

-- Tables with rows written, by the server's own statistics of this session's transactions that have
-- not been handed in yet. TOAST follows its table.
CREATE FUNCTION tandem.trace_counts(OUT oid oid, OUT inserted bigint, OUT updated bigint,
  OUT deleted bigint) RETURNS SETOF record
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  SELECT s.* FROM (
    SELECT c.oid, pg_stat_get_xact_tuples_inserted(c.oid) AS inserted,
      pg_stat_get_xact_tuples_updated(c.oid) AS updated,
      pg_stat_get_xact_tuples_deleted(c.oid) AS deleted
    FROM pg_class c WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't' OFFSET 0) s
  WHERE s.inserted > 0 OR s.updated > 0 OR s.deleted > 0
$$;

-- What holds when tracing begins in a transaction: settings, and the server's counts of rows written
-- so far, which may be of transactions before this one. Tandem hands it to tandem.trace_end.
CREATE FUNCTION tandem.trace_begin(p_settings text) RETURNS text
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT jsonb_build_object('settings', p_settings, 'counts', coalesce(
    (SELECT jsonb_object_agg(s.oid::text, jsonb_build_array(s.inserted, s.updated, s.deleted))
      FROM tandem.trace_counts() s), jsonb_build_object()))::text
$$;

-- True if a subtransaction of this transaction may have been rolled back: what it wrote is counted by
-- the server, and in no trace. False is certain.
CREATE FUNCTION tandem.may_have_rolled_back(p_xid xid8) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_first bigint := p_xid::text::bigint + 1;
  v_end bigint := pg_snapshot_xmax(pg_current_snapshot())::text::bigint;
BEGIN
  -- An older snapshot does not reach this transaction's own later numbers.
  IF current_setting('transaction_isolation') <> 'read committed' OR v_end - v_first > 20000 THEN
    RETURN true;
  END IF;
  RETURN EXISTS (
    SELECT FROM generate_series(v_first, v_end - 1) n
    WHERE pg_xact_status(n::text::xid8) = 'aborted');
END $$;

-- Compares what was traced with what the server has counted; a write that the trace does not explain
-- ends the transaction, with the state TD006 where only a trigger is missing. Then gives, for each
-- table, a row T (its columns, of which so many are the key;
-- rows inserted less rows deleted), rows D (keys touched) and rows R (the rows that have those keys
-- now); and for each sequence that was used a row S. Errors for the client have the state TD005.
CREATE FUNCTION tandem.trace_end(p_secret text, p_begun text, p_settings text,
  OUT kind text, OUT relation_schema text, OUT relation_name text, OUT names text[],
  OUT types text[], OUT key_columns int, OUT net bigint, OUT texts text[])
RETURNS SETOF record
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET row_security = off SET datestyle = 'ISO, MDY'
SET intervalstyle = postgres SET timezone = 'UTC' SET extra_float_digits = 3 SET bytea_output = hex
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
DECLARE
  v_xid xid8 := pg_current_xact_id_if_assigned();
  v_begun jsonb := p_begun::jsonb;
  v_explained bigint := 0;
  v_rolled_back boolean;
  v_unseen text[] := ARRAY[]::text[];
  v_table text;
  v_key smallint[];
  v_own xid[];
  v_doubled boolean;
  r record;
BEGIN
  PERFORM FROM tandem.link l WHERE l.pid = pg_backend_pid() AND l.secret = p_secret;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'this session may not end a trace' USING ERRCODE = 'TD003';
  END IF;
  IF p_settings <> v_begun ->> 'settings' THEN
    RAISE EXCEPTION 'settings were changed after the first statement that writes inside the database: they were (%), and are (%)',
      v_begun ->> 'settings', p_settings USING ERRCODE = 'TD005';
  END IF;
  IF current_setting('tandem.trace', true) IS DISTINCT FROM 'on' THEN
    RAISE EXCEPTION 'a function has switched off tandem.trace' USING ERRCODE = 'TD005';
  END IF;
  IF EXISTS (SELECT FROM pg_cursors c WHERE c.is_holdable AND c.creation_time >= now()) THEN
    RAISE EXCEPTION 'a cursor WITH HOLD would be read after the end of the trace'
      USING ERRCODE = 'TD005';
  END IF;

  -- Sequences: a lock tells which were used, by nextval or setval, even where no row was written.
  FOR r IN
    SELECT n.nspname, c.relname, q.seqincrement > 0 AS ascending,
      pg_sequence_last_value(c.oid) AS last_value
    FROM pg_locks l
    JOIN pg_class c ON c.oid = l.relation
    JOIN pg_sequence q ON q.seqrelid = c.oid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE l.locktype = 'relation' AND l.pid = pg_backend_pid() AND l.mode = 'RowExclusiveLock'
      AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
      AND c.relpersistence <> 't' AND n.nspname <> 'tandem'
    ORDER BY n.nspname, c.relname
  LOOP
    IF r.last_value IS NOT NULL THEN
      kind := 'S';
      relation_schema := r.nspname;
      relation_name := r.relname;
      net := r.last_value;
      key_columns := CASE WHEN r.ascending THEN 1 ELSE -1 END;
      RETURN NEXT;
    END IF;
  END LOOP;
  IF v_xid IS NULL THEN
    RETURN;
  END IF;

  FOR r IN
    SELECT c.oid, n.nspname, c.relname, c.relkind, c.relpersistence,
      s.inserted - coalesce((b.counts ->> 0)::bigint, 0) AS inserted,
      s.updated - coalesce((b.counts ->> 1)::bigint, 0) AS updated,
      s.deleted - coalesce((b.counts ->> 2)::bigint, 0) AS deleted,
      coalesce(t.inserted, 0) AS traced_inserted, coalesce(t.updated, 0) AS traced_updated,
      coalesce(t.deleted, 0) AS traced_deleted
    FROM tandem.trace_counts() s
    JOIN pg_class c ON c.oid = s.oid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN jsonb_each(v_begun -> 'counts') b(relation, counts) ON b.relation = s.oid::text
    LEFT JOIN (
      SELECT u.relation, count(*) FILTER (WHERE u.op = 'INSERT') AS inserted,
        count(*) FILTER (WHERE u.op = 'UPDATE') AS updated,
        count(*) FILTER (WHERE u.op = 'DELETE') AS deleted
      FROM tandem.touched u WHERE u.xid = v_xid GROUP BY u.relation) t ON t.relation = s.oid
    WHERE s.oid <> 'tandem.touched'::regclass
  LOOP
    v_explained := v_explained + r.traced_inserted + r.traced_updated + r.traced_deleted;
    CONTINUE WHEN r.inserted = 0 AND r.updated = 0 AND r.deleted = 0
      AND r.traced_inserted = 0 AND r.traced_updated = 0 AND r.traced_deleted = 0;
    v_table := format('%I.%I', r.nspname, r.relname);
    IF r.oid::bigint < 16384 THEN
      -- What ANALYZE finds out is each server's own.
      CONTINUE WHEN r.relname IN ('pg_statistic', 'pg_statistic_ext_data');
      RAISE EXCEPTION 'a function has changed the schema, or what else the server keeps in %',
        v_table USING ERRCODE = 'TD005';
    END IF;
    IF r.relpersistence = 'u' THEN
      RAISE EXCEPTION 'the unlogged table % was written, which a crash empties', v_table
        USING ERRCODE = 'TD005';
    END IF;
    IF NOT tandem.is_traced(r.oid) THEN
      IF r.nspname = 'tandem' OR r.relkind <> 'r' THEN
        RAISE EXCEPTION '% was written, and can have no trigger of Tandem''s', v_table
          USING ERRCODE = 'TD005';
      END IF;
      v_unseen := v_unseen || tandem.trace_name(r.nspname, r.relname);
      CONTINUE;
    END IF;
    -- These would run again where the rows are applied, while all others are off.
    IF EXISTS (
        SELECT FROM pg_trigger t WHERE t.tgrelid = r.oid AND NOT t.tgisinternal
          AND t.tgenabled IN ('A', 'R') AND t.tgname NOT IN ('tandem_trace', 'tandem_truncate'))
      OR EXISTS (
        SELECT FROM pg_rewrite w WHERE w.ev_class = r.oid AND w.ev_enabled IN ('A', 'R'))
    THEN
      RAISE EXCEPTION '% has a trigger or rule that is ENABLE ALWAYS or REPLICA', v_table
        USING ERRCODE = 'TD005';
    END IF;
    IF r.traced_inserted > r.inserted OR r.traced_updated > r.updated
      OR r.traced_deleted > r.deleted
    THEN
      RAISE EXCEPTION 'the server has not counted all rows of % that were written', v_table
        USING ERRCODE = 'TD005';
    END IF;
    IF r.traced_inserted < r.inserted OR r.traced_updated < r.updated
      OR r.traced_deleted < r.deleted
    THEN
      v_rolled_back := coalesce(v_rolled_back, tandem.may_have_rolled_back(v_xid));
      IF NOT v_rolled_back THEN
        -- INSERT ... ON CONFLICT takes a row back when another transaction was faster.
        IF r.traced_updated = r.updated
          AND r.inserted - r.traced_inserted = r.deleted - r.traced_deleted
        THEN
          RAISE EXCEPTION 'rows of % were inserted by another transaction at the same moment',
            v_table USING ERRCODE = '40001', HINT = 'Run the transaction again.';
        END IF;
        RAISE EXCEPTION 'rows of % were written that no trigger has seen', v_table
          USING ERRCODE = 'TD005';
      END IF;
    END IF;
  END LOOP;
  IF cardinality(v_unseen) > 0 THEN
    RAISE EXCEPTION 'tables were written that have no trigger of Tandem''s: %',
      array_to_string(v_unseen, ', ') USING ERRCODE = 'TD006', DETAIL = array_to_string(v_unseen, E'\n');
  END IF;
  IF v_explained <> (SELECT count(*) FROM tandem.touched u WHERE u.xid = v_xid) THEN
    RAISE EXCEPTION 'the server does not count rows written (track_counts)' USING ERRCODE = 'TD005';
  END IF;

  -- Whoever wrote a row noted its key in the same subtransaction. An old snapshot shows rows, too,
  -- that others have meanwhile taken away from a key which this transaction could therefore use.
  v_own := ARRAY(SELECT u.xmin FROM tandem.touched u WHERE u.xid = v_xid GROUP BY u.xmin);
  FOR r IN
    SELECT u.relation, n.nspname, c.relname,
      count(*) FILTER (WHERE u.op = 'INSERT') - count(*) FILTER (WHERE u.op = 'DELETE') AS net
    FROM tandem.touched u
    JOIN pg_class c ON c.oid = u.relation
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE u.xid = v_xid
    GROUP BY u.relation, n.nspname, c.relname
    ORDER BY n.nspname, c.relname
  LOOP
    v_key := tandem.trace_key(r.relation);
    kind := 'T';
    relation_schema := r.nspname;
    relation_name := r.relname;
    key_columns := coalesce(cardinality(v_key), 0);
    net := r.net;
    SELECT array_agg(a.attname ORDER BY a.place), array_agg(a.type ORDER BY a.place)
    INTO names, types
    FROM unnest(v_key || tandem.trace_columns(r.relation)) WITH ORDINALITY k(num, place)
    JOIN LATERAL (
      SELECT b.attname::text, format_type(b.atttypid, -1) AS type, k.place
      FROM pg_attribute b WHERE b.attrelid = r.relation AND b.attnum = k.num) a ON true;
    RETURN NEXT;
    IF v_key IS NULL THEN
      RETURN QUERY
        SELECT 'R', NULL::text, NULL::text, NULL::text[], NULL::text[], NULL::int, NULL::bigint,
          u.new_key
        FROM tandem.touched u WHERE u.xid = v_xid AND u.relation = r.relation;
      CONTINUE;
    END IF;
    RETURN QUERY
      SELECT 'D', NULL::text, NULL::text, NULL::text[], NULL::text[], NULL::int, NULL::bigint, k.key
      FROM (
        SELECT u.old_key AS key FROM tandem.touched u
        WHERE u.xid = v_xid AND u.relation = r.relation
        UNION
        SELECT u.new_key FROM tandem.touched u
        WHERE u.xid = v_xid AND u.relation = r.relation) k
      WHERE k.key IS NOT NULL;
    -- Each row once, also where several texts are its key: 1.0 and 1.00, or as a collation sees it.
    RETURN QUERY EXECUTE format(
      -- OFFSET 0: for each key its row, whatever the planner thinks of how many there are. The other way
      -- round, which a table that was empty a moment ago suggests, takes the square of their number.
      'SELECT DISTINCT ON (t.place) ''R'', NULL::text, NULL::text, NULL::text[], NULL::text[],'
        || ' NULL::int, NULL::bigint, t.texts FROM ('
        || 'SELECT u.old_key AS key FROM tandem.touched u WHERE u.xid = $1 AND u.relation = $2 '
        || 'UNION SELECT u.new_key FROM tandem.touched u WHERE u.xid = $1 AND u.relation = $2) k '
        || 'CROSS JOIN LATERAL (SELECT t.ctid AS place, ARRAY[%s]::text[] AS texts FROM ONLY %I.%I t'
        || ' WHERE %s AND t.xmin = ANY ($3) OFFSET 0) t ORDER BY t.place',
      (SELECT string_agg(format('t.%I::text', names[i]), ', ' ORDER BY i)
        FROM generate_series(key_columns + 1, cardinality(names)) i),
      r.nspname, r.relname,
      (SELECT string_agg(format('t.%I OPERATOR(%s) k.key[%s]::%s', names[i], o.name, i, types[i]),
          ' AND ' ORDER BY i)
        FROM generate_series(1, key_columns) i
        JOIN LATERAL (SELECT tandem.trace_equality(r.relation, v_key[i]) AS name) o ON true))
      USING v_xid, r.relation, v_own;
    -- A key that is deferrable may have named two rows for a while: one of this transaction's, and one
    -- that it never wrote, which other copies would take for it.
    IF EXISTS (
      SELECT FROM pg_index i
      WHERE i.indrelid = r.relation AND i.indisunique AND NOT i.indimmediate)
    THEN
      EXECUTE format(
        'SELECT EXISTS (SELECT FROM ('
          || 'SELECT u.old_key AS key FROM tandem.touched u WHERE u.xid = $1 AND u.relation = $2 '
          || 'UNION SELECT u.new_key FROM tandem.touched u WHERE u.xid = $1 AND u.relation = $2) k '
          || 'CROSS JOIN LATERAL (SELECT FROM ONLY %I.%I t WHERE %s AND t.xmin <> ALL ($3) OFFSET 0) t)',
        r.nspname, r.relname,
        (SELECT string_agg(format('t.%I OPERATOR(%s) k.key[%s]::%s', names[i], o.name, i, types[i]),
            ' AND ' ORDER BY i)
          FROM generate_series(1, key_columns) i
          JOIN LATERAL (SELECT tandem.trace_equality(r.relation, v_key[i]) AS name) o ON true))
        INTO v_doubled USING v_xid, r.relation, v_own;
      IF v_doubled THEN
        RAISE EXCEPTION 'the deferrable key of % named two rows for a while, of which this transaction has written one',
          format('%s.%s', r.nspname, r.relname) USING ERRCODE = 'TD005';
      END IF;
    END IF;
  END LOOP;
  DELETE FROM tandem.touched u WHERE u.xid = v_xid;
END $$;
