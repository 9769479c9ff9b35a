CREATE TABLE films (code char(5) PRIMARY KEY, title text, date_prod date)

INSERT INTO films VALUES ('a', 'T1', '2001-05-05'), ('b', 'T2', '2005-05-05')

CREATE TABLE films_recent AS SELECT * FROM films WHERE date_prod >= '2002-01-01'

CREATE TABLE films2 AS TABLE films

CREATE TABLE films3 AS SELECT title, random() AS r FROM films ORDER BY title LIMIT 1

CREATE TABLE films4 AS VALUES (1, random()), (2, random())

PREPARE recentfilms(date) AS SELECT * FROM films WHERE date_prod > $1

CREATE TEMP TABLE films_recent2 ON COMMIT DROP AS EXECUTE recentfilms('2002-01-01')

CREATE TABLE films_recent3 AS EXECUTE recentfilms('2002-01-01')

DEALLOCATE recentfilms

CREATE TEMP TABLE films_temp ON COMMIT PRESERVE ROWS AS SELECT * FROM films

DROP TABLE films_temp
