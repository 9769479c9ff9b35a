-- Tandem's own schema on each backend, version 1. Created once, by Tandem's role, which owns it.
-- Needs CREATE on the database; nothing in it is readable by anybody else.
CREATE SCHEMA tandem;
REVOKE ALL ON SCHEMA tandem FROM PUBLIC;
GRANT USAGE ON SCHEMA tandem TO PUBLIC;

-- Whose data this is.
CREATE TABLE tandem.cluster (
  single boolean PRIMARY KEY DEFAULT true CHECK (single),
  cluster_id uuid NOT NULL,
  backend text NOT NULL,
  schema_version int NOT NULL,
  -- What all links have as lc_monetary, whatever the servers' own becomes.
  money_locale text NOT NULL
);

-- The highest epoch that may work here, and how often this backend has been recovered.
CREATE TABLE tandem.fence (
  single boolean PRIMARY KEY DEFAULT true CHECK (single),
  epoch bigint NOT NULL,
  recovery bigint NOT NULL
);
INSERT INTO tandem.fence VALUES (true, 0, 0);

-- Everything up to here is held; above it, the entries that have a marker.
CREATE TABLE tandem.watermark (
  single boolean PRIMARY KEY DEFAULT true CHECK (single),
  epoch bigint NOT NULL,
  number bigint NOT NULL
) WITH (fillfactor = 10);
INSERT INTO tandem.watermark VALUES (true, 0, 0);

CREATE TABLE tandem.marker (
  epoch bigint NOT NULL,
  number bigint NOT NULL,
  PRIMARY KEY (epoch, number)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);

-- The watermark again, as a sequence: readable as it is now by a transaction with an old snapshot.
CREATE SEQUENCE tandem.floor MINVALUE 0 START 0;
SELECT setval('tandem.floor', 0, true);

-- Emptied by crash recovery, which is how a crash that nobody saw becomes visible.
CREATE UNLOGGED TABLE tandem.incarnation (
  single boolean PRIMARY KEY DEFAULT true CHECK (single),
  value uuid NOT NULL
);
INSERT INTO tandem.incarnation VALUES (true, '00000000-0000-0000-0000-000000000000');

-- Server processes that have entered, with the secret by which they write markers.
CREATE UNLOGGED TABLE tandem.link (
  pid int PRIMARY KEY,
  started timestamptz NOT NULL,
  epoch bigint NOT NULL,
  recovery bigint NOT NULL,
  secret text NOT NULL
);

-- Secrets that Tandem's role has registered for processes that are about to enter.
CREATE UNLOGGED TABLE tandem.pass (
  pid int PRIMARY KEY,
  secret text NOT NULL
);

-- Which engine works here, for whoever comes second. The advisory lock of its session is what counts.
CREATE UNLOGGED TABLE tandem.owner (
  single boolean PRIMARY KEY DEFAULT true CHECK (single),
  pid int NOT NULL,
  started timestamptz NOT NULL,
  who text NOT NULL
);

-- How far values of a sequence may have been handed out: promotion starts above.
CREATE TABLE tandem.reservation (
  sequence_schema text NOT NULL,
  sequence_name text NOT NULL,
  reserved bigint NOT NULL,
  PRIMARY KEY (sequence_schema, sequence_name)
);

-- A link's first statement. FOR SHARE: a recovery that raises the fence waits for links that are
-- entering, and then sees them registered, so that its drain ends them.
CREATE FUNCTION tandem.enter(p_epoch bigint, p_incarnation uuid, p_secret text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_epoch bigint;
  v_recovery bigint;
  v_started timestamptz;
BEGIN
  -- First, so that nobody without a pass can hold the fence row.
  DELETE FROM tandem.pass p WHERE p.pid = pg_backend_pid() AND p.secret = p_secret;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'no pass for this session' USING ERRCODE = 'TD003';
  END IF;
  SELECT f.epoch, f.recovery INTO v_epoch, v_recovery FROM tandem.fence f FOR SHARE;
  IF v_epoch IS DISTINCT FROM p_epoch THEN
    RAISE EXCEPTION 'epoch % may not enter, the fence stands at %', p_epoch, v_epoch
      USING ERRCODE = 'TD001';
  END IF;
  PERFORM 1 FROM tandem.incarnation i WHERE i.value = p_incarnation;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the server has crashed and restarted since it was recovered'
      USING ERRCODE = 'TD002';
  END IF;
  SELECT a.backend_start INTO v_started FROM pg_stat_get_activity(pg_backend_pid()) a;
  DELETE FROM tandem.link l WHERE l.pid = pg_backend_pid();
  INSERT INTO tandem.link VALUES (pg_backend_pid(), v_started, v_epoch, v_recovery, p_secret);
  RETURN v_started::text;
END $$;

-- The marker: proof of life, written with its owner's rights. Inserts, then checks: whoever recovers
-- raises the floor before it deletes markers, so one of both sees the other. Every commit pays for
-- this function: names and operators are qualified instead of a SET search_path, which costs more.
CREATE FUNCTION tandem.mark(p_epoch bigint, p_number bigint, p_secret text) RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  INSERT INTO tandem.marker
    SELECT p_epoch, p_number FROM tandem.link l
    WHERE l.pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid()
      AND l.secret OPERATOR(pg_catalog.=) p_secret
      AND l.epoch OPERATOR(pg_catalog.=) p_epoch;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'this session may not write markers' USING ERRCODE = 'TD003';
  END IF;
  IF p_number OPERATOR(pg_catalog.<=)
      pg_catalog.pg_sequence_last_value('tandem.floor'::pg_catalog.regclass) THEN
    RAISE EXCEPTION 'position % is below the watermark', p_number USING ERRCODE = 'TD004';
  END IF;
  -- Between the marker and COMMIT no time-out of the client's may end the session.
  IF pg_catalog.current_setting('idle_in_transaction_session_timeout')
        OPERATOR(pg_catalog.<>) '0'
      OR pg_catalog.current_setting('statement_timeout') OPERATOR(pg_catalog.<>) '0'
      OR pg_catalog.current_setting('transaction_timeout', true) OPERATOR(pg_catalog.<>) '0'
  THEN
    PERFORM tandem.no_timeouts();
  END IF;
  RETURN pg_catalog.now();
END $$;

CREATE FUNCTION tandem.no_timeouts() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM set_config('idle_in_transaction_session_timeout', '0', true);
  PERFORM set_config('statement_timeout', '0', true);
  IF current_setting('transaction_timeout', true) IS NOT NULL THEN
    PERFORM set_config('transaction_timeout', '0', true);
  END IF;
END $$;

REVOKE ALL ON ALL TABLES IN SCHEMA tandem FROM PUBLIC;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA tandem FROM PUBLIC;
