CREATE TABLE users (user_id int PRIMARY KEY, firstname text)

CREATE TABLE departments (id int PRIMARY KEY, active boolean)

CREATE PUBLICATION noinsert FOR TABLE users

ALTER PUBLICATION noinsert SET (publish = 'update, delete')

ALTER PUBLICATION noinsert ADD TABLE departments WHERE (active IS TRUE)

ALTER PUBLICATION noinsert SET TABLE users (user_id, firstname), TABLE departments

ALTER PUBLICATION noinsert RENAME TO other_publication

UPDATE users SET firstname = 'x' WHERE user_id = 1

DROP PUBLICATION other_publication
