CREATE TABLE users (user_id int PRIMARY KEY, firstname text)

CREATE TABLE departments (id int PRIMARY KEY, active boolean)

CREATE PUBLICATION mypublication FOR TABLE users, departments

CREATE PUBLICATION active_departments FOR TABLE departments WHERE (active IS TRUE)

CREATE PUBLICATION insert_only FOR TABLE users WITH (publish = 'insert')

CREATE PUBLICATION users_filtered FOR TABLE users (user_id, firstname)

INSERT INTO users VALUES (1, 'a')

UPDATE users SET firstname = 'b' WHERE user_id = 1

DROP PUBLICATION mypublication, active_departments, insert_only, users_filtered

CREATE PUBLICATION alltables FOR ALL TABLES

DROP PUBLICATION alltables
