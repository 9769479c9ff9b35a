CREATE FOREIGN DATA WRAPPER create_server

CREATE SERVER myserver FOREIGN DATA WRAPPER create_server OPTIONS (host 'foo', dbname 'foodb', port '5432')

DROP SERVER myserver
