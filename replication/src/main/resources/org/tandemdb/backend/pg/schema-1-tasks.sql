-- Statements that commit on their own (CREATE INDEX CONCURRENTLY) and are not in the log yet. A row is
-- there from before such a statement begins until the transaction that has its entry's marker: whoever
-- finds one without its session takes back what the statement has left. See "TASK" in DESIGN.md.
CREATE TABLE tandem.task (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  pid int NOT NULL,
  started timestamptz NOT NULL,
  role text NOT NULL,
  index_schema text NOT NULL,
  index_name text NOT NULL,
  UNIQUE (index_schema, index_name)
);
REVOKE ALL ON tandem.task FROM PUBLIC;

-- Notes that this session is about to make an index, as p_role. Returns 0, and notes nothing, if there
-- is a relation of that name: what is there already must not be taken back.
CREATE FUNCTION tandem.task_begin(p_secret text, p_role text, p_schema text, p_name text)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_id bigint;
BEGIN
  IF EXISTS (SELECT FROM tandem.task t WHERE t.index_schema = p_schema AND t.index_name = p_name) THEN
    RAISE EXCEPTION 'index %.% is being built, or what an earlier try has left is not removed yet',
      quote_ident(p_schema), quote_ident(p_name) USING ERRCODE = '55006', HINT = 'Try again later.';
  END IF;
  IF EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = p_schema AND c.relname = p_name)
  THEN
    RETURN 0;
  END IF;
  INSERT INTO tandem.task (pid, started, role, index_schema, index_name)
    SELECT l.pid, l.started, p_role, p_schema, p_name FROM tandem.link l
    WHERE l.pid = pg_backend_pid() AND l.secret = p_secret
    RETURNING id INTO v_id;
  IF v_id IS NULL THEN
    RAISE EXCEPTION 'this session may not begin a task' USING ERRCODE = 'TD003';
  END IF;
  RETURN v_id;
END $$;

-- It is done, and its entry on its way; or it has failed, and nothing of it is left.
CREATE FUNCTION tandem.task_end(p_secret text, p_id bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  DELETE FROM tandem.task t USING tandem.link l
    WHERE t.id = p_id AND t.pid = pg_backend_pid() AND l.pid = t.pid AND l.started = t.started
      AND l.secret = p_secret;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'this session has no task %', p_id USING ERRCODE = 'TD003';
  END IF;
END $$;
