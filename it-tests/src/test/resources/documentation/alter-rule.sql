CREATE TABLE emp (id int PRIMARY KEY)

CREATE RULE notify_all AS ON DELETE TO emp DO INSTEAD NOTHING

ALTER RULE notify_all ON emp RENAME TO notify_me

DROP RULE notify_me ON emp
