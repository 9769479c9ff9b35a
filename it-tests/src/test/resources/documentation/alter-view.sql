CREATE TABLE base_table (id int PRIMARY KEY, ts timestamptz)

CREATE VIEW foo AS SELECT * FROM base_table

ALTER VIEW foo RENAME TO a_view

ALTER VIEW a_view ALTER COLUMN ts SET DEFAULT now()

INSERT INTO base_table(id) VALUES(1)

INSERT INTO a_view(id) VALUES(2)

ALTER VIEW IF EXISTS nothing RENAME TO x
