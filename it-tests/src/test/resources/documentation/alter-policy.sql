CREATE TABLE accounts (id int PRIMARY KEY, manager text)

CREATE POLICY user_mod ON accounts USING (manager = current_user)

ALTER POLICY user_mod ON accounts RENAME TO user_policy

ALTER POLICY user_policy ON accounts TO joe, webuser USING (id > 5) WITH CHECK (id > 6)

DROP POLICY user_policy ON accounts
