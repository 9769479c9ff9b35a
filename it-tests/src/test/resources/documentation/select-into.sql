CREATE TABLE films (code char(5) PRIMARY KEY, title text, date_prod date)

INSERT INTO films VALUES ('a', 'T1', '2001-05-05'), ('b', 'T2', '2005-05-05')

SELECT * INTO films_recent FROM films WHERE date_prod >= '2002-01-01'

SELECT title, now() AS at INTO TABLE films_titles FROM films

SELECT * INTO TEMP films_temp FROM films

DROP TABLE films_temp
