CREATE TABLE films (code char(5) PRIMARY KEY, title text, did int, date_prod date, kind text)

VALUES (1, 'one'), (2, 'two'), (3, 'three')

INSERT INTO films (code, title, did, date_prod, kind) VALUES ('T_601', 'Yojimbo', 106, '1961-06-16', 'Drama')

INSERT INTO films VALUES ('UA502', 'Bananas', 105, DEFAULT, 'Comedy'), ('T_602', 'Yojimbo', 106, DEFAULT, 'Drama')

SELECT f.* FROM films f, (VALUES('MGM', 'Horror'), ('UA', 'Sci-Fi')) AS t (studio, kind) WHERE f.kind = t.kind

UPDATE films SET did = v.increase FROM (VALUES('Drama', 200), ('Comedy', 300)) AS v (kind, increase) WHERE films.kind = v.kind

SELECT * FROM films WHERE code IN (VALUES('T_601'), ('UA502'))
