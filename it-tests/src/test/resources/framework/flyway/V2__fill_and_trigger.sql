ALTER TABLE invoice ADD COLUMN number text;
UPDATE invoice SET number = 'I-' || id;
ALTER TABLE invoice ALTER COLUMN number SET NOT NULL;
ALTER TABLE invoice ADD CONSTRAINT invoice_number UNIQUE (number);

CREATE TABLE audit (
  id bigserial PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  what text NOT NULL
);

CREATE FUNCTION note_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO audit (what) VALUES (TG_OP || ' ' || NEW.number);
  RETURN NEW;
END
$$;

CREATE TRIGGER invoice_is_noted AFTER INSERT OR UPDATE ON invoice
  FOR EACH ROW EXECUTE FUNCTION note_invoice();
