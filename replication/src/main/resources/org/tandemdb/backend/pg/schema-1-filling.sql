-- What DDL has filled on the primary with values that another copy would make differently: read here as
-- they are, and logged as rows. See "DDL that fills rows" in DESIGN.md.

-- For each table below p_schema.p_name, which may be partitioned or inherited from, and has rows, a row C
-- (how many); then for each such table a row T (its columns) and its rows, R; and for each sequence that
-- this transaction has used a row S. Where p_columns is not empty, nothing unless the type of one of them
-- has a default of its own. Errors for the client have the state TD005.
CREATE FUNCTION tandem.contents(p_secret text, p_schema text, p_name text, p_columns text[],
  OUT kind text, OUT relation_schema text, OUT relation_name text, OUT names text[],
  OUT types text[], OUT key_columns int, OUT net bigint, OUT texts text[])
RETURNS SETOF record
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET row_security = off SET datestyle = 'ISO, MDY'
SET intervalstyle = postgres SET timezone = 'UTC' SET extra_float_digits = 3 SET bytea_output = hex
AS $$
DECLARE
  v_root oid;
  v_tables oid[] := ARRAY[]::oid[];
  r record;
BEGIN
  PERFORM FROM tandem.link l WHERE l.pid = pg_backend_pid() AND l.secret = p_secret;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'this session may not read what was filled' USING ERRCODE = 'TD003';
  END IF;
  SELECT c.oid INTO v_root FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = p_schema AND c.relname = p_name AND c.relkind IN ('r', 'p')
    AND n.nspname <> 'tandem';
  IF v_root IS NULL THEN
    RETURN;
  END IF;
  IF cardinality(p_columns) > 0 AND NOT EXISTS (
      SELECT FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
      WHERE a.attrelid = v_root AND a.attname = ANY (p_columns) AND t.typdefault IS NOT NULL)
  THEN
    RETURN;
  END IF;

  -- A lock tells which sequences were used.
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

  FOR r IN
    WITH RECURSIVE below(oid) AS (
      SELECT v_root UNION
      SELECT i.inhrelid FROM pg_inherits i JOIN below b ON b.oid = i.inhparent)
    SELECT c.oid, n.nspname, c.relname, c.relkind, c.relpersistence
    FROM below b JOIN pg_class c ON c.oid = b.oid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind <> 'p'
    ORDER BY n.nspname, c.relname
  LOOP
    relation_schema := r.nspname;
    relation_name := r.relname;
    IF r.relkind <> 'r' OR r.relpersistence <> 'p' THEN
      RAISE EXCEPTION '%.% is a foreign or an unlogged table', r.nspname, r.relname
        USING ERRCODE = 'TD005';
    END IF;
    -- These would run where the rows are put in, while all others are off.
    IF EXISTS (
        SELECT FROM pg_trigger t WHERE t.tgrelid = r.oid AND NOT t.tgisinternal
          AND t.tgenabled IN ('A', 'R') AND t.tgname NOT IN ('tandem_trace', 'tandem_truncate'))
      OR EXISTS (
        SELECT FROM pg_rewrite w WHERE w.ev_class = r.oid AND w.ev_enabled IN ('A', 'R'))
    THEN
      RAISE EXCEPTION '%.% has a trigger or rule that is ENABLE ALWAYS or REPLICA',
        r.nspname, r.relname USING ERRCODE = 'TD005';
    END IF;
    EXECUTE format('SELECT count(*) FROM ONLY %I.%I', r.nspname, r.relname) INTO net;
    CONTINUE WHEN net = 0;
    v_tables := v_tables || r.oid;
    kind := 'C';
    RETURN NEXT;
  END LOOP;

  FOR r IN
    SELECT c.oid, n.nspname, c.relname FROM unnest(v_tables) WITH ORDINALITY v(oid, place)
    JOIN pg_class c ON c.oid = v.oid JOIN pg_namespace n ON n.oid = c.relnamespace ORDER BY v.place
  LOOP
    kind := 'T';
    relation_schema := r.nspname;
    relation_name := r.relname;
    key_columns := 0;
    net := 0;
    SELECT coalesce(array_agg(a.attname::text ORDER BY a.attnum), ARRAY[]::text[]),
      coalesce(array_agg(format_type(a.atttypid, -1) ORDER BY a.attnum), ARRAY[]::text[])
    INTO names, types
    FROM pg_attribute a WHERE a.attrelid = r.oid AND a.attnum = ANY (tandem.trace_columns(r.oid));
    IF cardinality(names) = 0 THEN
      RAISE EXCEPTION '%.% has rows and no column', r.nspname, r.relname USING ERRCODE = 'TD005';
    END IF;
    RETURN NEXT;
    RETURN QUERY EXECUTE format(
      'SELECT ''R'', NULL::text, NULL::text, NULL::text[], NULL::text[], NULL::int, NULL::bigint,'
        || ' ARRAY[%s]::text[] FROM ONLY %I.%I t',
      (SELECT string_agg(format('t.%I::text', names[i]), ', ' ORDER BY i)
        FROM generate_series(1, cardinality(names)) i),
      r.nspname, r.relname);
  END LOOP;
END $$;

-- The values of some columns in one row of a table or of those below it, where all rows have the same;
-- null if there is no row.
CREATE FUNCTION tandem.common_values(p_secret text, p_schema text, p_name text, p_columns text[])
RETURNS text[]
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET row_security = off SET datestyle = 'ISO, MDY'
SET intervalstyle = postgres SET timezone = 'UTC' SET extra_float_digits = 3 SET bytea_output = hex
AS $$
DECLARE
  v_values text[];
  r record;
BEGIN
  PERFORM FROM tandem.link l WHERE l.pid = pg_backend_pid() AND l.secret = p_secret;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'this session may not read what was filled' USING ERRCODE = 'TD003';
  END IF;
  FOR r IN
    WITH RECURSIVE below(oid) AS (
      SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = p_schema AND c.relname = p_name AND n.nspname <> 'tandem' UNION
      SELECT i.inhrelid FROM pg_inherits i JOIN below b ON b.oid = i.inhparent)
    SELECT n.nspname, c.relname
    FROM below b JOIN pg_class c ON c.oid = b.oid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r'
    ORDER BY n.nspname, c.relname
  LOOP
    EXECUTE format('SELECT ARRAY[%s]::text[] FROM ONLY %I.%I t LIMIT 1',
        (SELECT string_agg(format('t.%I::text', x.name), ', ' ORDER BY x.place)
          FROM unnest(p_columns) WITH ORDINALITY x(name, place)), r.nspname, r.relname)
      INTO v_values;
    IF v_values IS NOT NULL THEN
      RETURN v_values;
    END IF;
  END LOOP;
  RETURN NULL;
END $$;
