CREATE FOREIGN DATA WRAPPER alter_server

CREATE SERVER foo FOREIGN DATA WRAPPER alter_server OPTIONS (host 'x', dbname 'y')

ALTER SERVER foo OPTIONS (SET host 'foo', SET dbname 'foodb')

ALTER SERVER foo VERSION '8.4' OPTIONS (SET host 'baz')

ALTER SERVER foo RENAME TO bar

DROP SERVER bar
