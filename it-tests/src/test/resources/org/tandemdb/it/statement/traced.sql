-- What writes inside the database, in each of the ways there are.

-- A BEFORE trigger that only the primary can evaluate, and AFTER triggers with writes of their own.
CREATE TABLE item (id serial PRIMARY KEY, name text NOT NULL, qty int NOT NULL DEFAULT 0, updated_at timestamptz);
CREATE TABLE audit (id bigserial PRIMARY KEY, item int, op text, at timestamptz DEFAULT clock_timestamp(), luck float8 DEFAULT random());
CREATE TABLE totals (one int PRIMARY KEY, items bigint, qty bigint);
INSERT INTO totals VALUES (1, 0, 0);
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at := clock_timestamp();
  RETURN NEW;
END $$;
CREATE FUNCTION account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO audit (item, op) VALUES (coalesce(NEW.id, OLD.id), TG_OP);
  RETURN NULL;
END $$;
CREATE FUNCTION total() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM totals WHERE one = 1 FOR UPDATE;
  UPDATE totals SET items = (SELECT count(*) FROM item), qty = (SELECT sum(qty) FROM item) WHERE one = 1;
  RETURN NULL;
END $$;
CREATE TRIGGER item_stamp BEFORE INSERT OR UPDATE ON item FOR EACH ROW EXECUTE FUNCTION stamp();
CREATE TRIGGER item_account AFTER INSERT OR UPDATE OR DELETE ON item FOR EACH ROW EXECUTE FUNCTION account();
CREATE TRIGGER item_total AFTER INSERT OR UPDATE OR DELETE ON item FOR EACH STATEMENT EXECUTE FUNCTION total();

-- Referential actions.
CREATE TABLE parent (id int PRIMARY KEY, v text);
CREATE TABLE child (id int PRIMARY KEY, parent int REFERENCES parent ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE loose (id int PRIMARY KEY, parent int REFERENCES parent ON DELETE SET NULL ON UPDATE CASCADE);
CREATE TABLE home (id int PRIMARY KEY, parent int DEFAULT 0 REFERENCES parent ON DELETE SET DEFAULT ON UPDATE SET DEFAULT);
CREATE TABLE tree (id int PRIMARY KEY, up int REFERENCES tree ON DELETE CASCADE, v text);
INSERT INTO parent VALUES (0, 'home');

-- Keys that are swapped, keys of many types, and a key whose equal values have different texts.
CREATE TABLE queue (name text PRIMARY KEY, pos int NOT NULL UNIQUE DEFERRABLE);
CREATE TABLE keyed (a date, b numeric, c bytea, d uuid, e timestamptz, f float8, g text, v text, PRIMARY KEY (a, b, c, d, e, f, g));
CREATE TABLE precise (k numeric PRIMARY KEY, v int);
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE DOMAIN score AS int CHECK (VALUE >= 0);
CREATE TYPE place AS (x int, label text);
CREATE TABLE odd ("Key" mood, "select" score, spot place, spots place[], gen int GENERATED ALWAYS AS (length(w)) STORED, w text,
  ident int GENERATED ALWAYS AS IDENTITY, note varchar(10), c char(3), j jsonb, PRIMARY KEY ("Key", "select"));
CREATE SCHEMA ext;
CREATE EXTENSION citext SCHEMA ext;
CREATE TABLE folded (k ext.citext PRIMARY KEY, v int);
CREATE TABLE entry_key (id int NOT NULL, v text, UNIQUE (id));

-- Functions and procedures.
CREATE TABLE draw (id bigserial PRIMARY KEY, n int, luck float8, at timestamptz);
CREATE FUNCTION draw(how_many int) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  FOR i IN 1 .. how_many LOOP
    INSERT INTO draw (n, luck, at) VALUES (i, random(), clock_timestamp());
  END LOOP;
  UPDATE draw SET luck = -luck WHERE id IN (SELECT id FROM draw ORDER BY random() LIMIT 1);
  RETURN how_many;
END $$;
CREATE FUNCTION draws() RETURNS TABLE (id bigint, luck float8) LANGUAGE sql AS 'SELECT id, luck FROM draw ORDER BY id';
CREATE PROCEDURE draw_again(INOUT n int) LANGUAGE plpgsql AS $$
BEGIN
  n := draw(n) * 10;
END $$;
CREATE TABLE word (w text PRIMARY KEY, n int NOT NULL DEFAULT 1);
CREATE FUNCTION say(p text) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  LOOP
    UPDATE word SET n = n + 1 WHERE w = p;
    IF FOUND THEN RETURN 1; END IF;
    BEGIN
      INSERT INTO word (w) VALUES (p);
      RETURN 0;
    EXCEPTION WHEN unique_violation THEN NULL;
    END;
  END LOOP;
END $$;
CREATE FUNCTION half_done(p text) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO word (w) VALUES (p || ' before');
  BEGIN
    INSERT INTO word (w) VALUES (p || ' undone');
    UPDATE word SET n = n + 100;
    DELETE FROM word WHERE w = p || ' before';
    RAISE EXCEPTION 'undo';
  EXCEPTION WHEN raise_exception THEN
    INSERT INTO word (w) VALUES (p || ' after');
  END;
  RETURN 1;
END $$;

-- A trigger that changes a row whose own insert is traced later.
CREATE TABLE pair (id int PRIMARY KEY, v text);
CREATE FUNCTION ahead() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE pair SET v = v || '+' || NEW.id WHERE id = NEW.id + 1;
  RETURN NULL;
END $$;
CREATE TRIGGER a_pair AFTER INSERT ON pair FOR EACH ROW EXECUTE FUNCTION ahead();
CREATE TRIGGER z_pair AFTER INSERT ON pair FOR EACH ROW EXECUTE FUNCTION ahead();

-- Deferred triggers.
CREATE TABLE late (id int PRIMARY KEY, v text);
CREATE FUNCTION later() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO word (w) VALUES ('late ' || NEW.id || ' ' || random());
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON late DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION later();

-- Views, rules, partitions, inheritance.
CREATE VIEW happy AS SELECT w, n FROM word WHERE n > 0;
CREATE VIEW couple AS SELECT p.id, p.v, c.id AS child FROM parent p LEFT JOIN child c ON c.parent = p.id;
CREATE FUNCTION instead() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO parent VALUES (NEW.id, NEW.v || random());
  INSERT INTO child VALUES (NEW.child, NEW.id);
  RETURN NEW;
END $$;
CREATE TRIGGER both_instead INSTEAD OF INSERT ON couple FOR EACH ROW EXECUTE FUNCTION instead();
CREATE TABLE ruled (id int PRIMARY KEY, v text);
CREATE TABLE ruled_log (id serial PRIMARY KEY, ruled int, at timestamptz DEFAULT clock_timestamp());
CREATE RULE ruled_ins AS ON INSERT TO ruled DO ALSO INSERT INTO ruled_log (ruled) VALUES (NEW.id);
CREATE RULE ruled_del AS ON DELETE TO ruled DO INSTEAD UPDATE ruled SET v = 'gone' WHERE id = OLD.id;
CREATE TABLE part (id int, at int, v text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE part_low PARTITION OF part FOR VALUES FROM (0) TO (100);
CREATE TABLE part_high PARTITION OF part FOR VALUES FROM (100) TO (200) PARTITION BY LIST (id);
CREATE TABLE part_high_rest PARTITION OF part_high DEFAULT;
CREATE TABLE base (id int PRIMARY KEY, v text);
CREATE TABLE derived (extra text, PRIMARY KEY (id)) INHERITS (base);
CREATE FUNCTION seqs(OUT a bigint, OUT b bigint) LANGUAGE plpgsql AS $$
BEGIN
  a := nextval('draw_id_seq');
  b := nextval('down');
END $$;
CREATE SEQUENCE down INCREMENT -1;
CREATE SEQUENCE spare;

-- What is refused.
CREATE TABLE plain (id int PRIMARY KEY, v text);
CREATE TABLE keyless (v int);
CREATE TABLE history (what text, at timestamptz, w int GENERATED ALWAYS AS (length(what)) STORED);
CREATE UNLOGGED TABLE scratch (id int PRIMARY KEY);
CREATE TABLE always (id int PRIMARY KEY, v text);
CREATE TRIGGER always_stamp AFTER INSERT ON always FOR EACH ROW EXECUTE FUNCTION account();
ALTER TABLE always ENABLE ALWAYS TRIGGER always_stamp;
CREATE FUNCTION run(sql text) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE sql;
  RETURN 1;
END $$;

-- Never called: a function that names a table gives it its triggers ahead.
CREATE FUNCTION names() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM plain;
  DELETE FROM keyless;
  DELETE FROM history;
  DELETE FROM always;
  DELETE FROM totals;
END $$;
