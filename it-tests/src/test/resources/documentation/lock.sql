CREATE TABLE films (id int PRIMARY KEY, rating int)

CREATE TABLE films_user_comments (film_id int PRIMARY KEY, comment text)

INSERT INTO films VALUES (1, 3), (2, 9)

BEGIN WORK

LOCK TABLE films IN SHARE MODE

SELECT id FROM films WHERE rating = 3

INSERT INTO films_user_comments VALUES (1, 'GREAT! I was waiting for it for so long!')

COMMIT WORK

BEGIN WORK

LOCK TABLE films IN SHARE ROW EXCLUSIVE MODE

DELETE FROM films_user_comments WHERE film_id IN (SELECT id FROM films WHERE rating < 5)

DELETE FROM films WHERE rating < 5

COMMIT WORK
