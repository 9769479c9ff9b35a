CREATE TABLE accounts (id int PRIMARY KEY, balance int, n int)

CREATE TABLE audit (id serial PRIMARY KEY, what text)

CREATE FUNCTION check_account_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO audit (what) VALUES (TG_NAME || random());
  RETURN NEW;
END $$

CREATE FUNCTION check_statement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO audit (what) SELECT TG_NAME || count(*) FROM newtab;
  RETURN NULL;
END $$

CREATE TRIGGER check_update BEFORE UPDATE ON accounts FOR EACH ROW EXECUTE FUNCTION check_account_update()

CREATE OR REPLACE TRIGGER check_update BEFORE UPDATE OF balance ON accounts FOR EACH ROW EXECUTE FUNCTION check_account_update()

CREATE TRIGGER check_update2 BEFORE UPDATE ON accounts FOR EACH ROW WHEN (OLD.balance IS DISTINCT FROM NEW.balance) EXECUTE FUNCTION check_account_update()

CREATE TRIGGER log_update AFTER UPDATE ON accounts FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION check_account_update()

CREATE TRIGGER transfer_insert AFTER INSERT ON accounts REFERENCING NEW TABLE AS newtab FOR EACH STATEMENT EXECUTE FUNCTION check_statement()

INSERT INTO accounts VALUES (1, 5, 5), (2, 6, 6)

UPDATE accounts SET balance = balance + 1

CREATE VIEW my_view AS SELECT id, balance FROM accounts

CREATE FUNCTION view_insert_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO accounts VALUES (NEW.id, NEW.balance, 0);
  RETURN NEW;
END $$

CREATE TRIGGER view_insert INSTEAD OF INSERT ON my_view FOR EACH ROW EXECUTE FUNCTION view_insert_row()

INSERT INTO my_view VALUES (3, 7)

CREATE CONSTRAINT TRIGGER later AFTER INSERT ON accounts DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_account_update()

INSERT INTO accounts VALUES (4, 5, 5)

DROP TRIGGER check_update ON accounts
