CREATE TABLE accounts (id int PRIMARY KEY, manager text)

ALTER TABLE accounts ENABLE ROW LEVEL SECURITY

CREATE POLICY account_managers ON accounts TO managers USING (manager = current_user)

CREATE POLICY account_p ON accounts AS RESTRICTIVE FOR UPDATE USING (true) WITH CHECK (id > 0)

INSERT INTO accounts VALUES (1, 'joe')
