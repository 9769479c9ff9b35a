CREATE COLLATION french (locale = 'C')

CREATE COLLATION german_phonebook (provider = libc, locale = 'POSIX')

CREATE COLLATION german2 FROM "C"

CREATE TABLE german_text (t text COLLATE german2 PRIMARY KEY)

INSERT INTO german_text VALUES ('ä')
