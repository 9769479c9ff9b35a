CREATE TABLE films (id int PRIMARY KEY, title text)

CREATE VIEW kinds AS SELECT 1 AS x

GRANT INSERT ON films TO PUBLIC

GRANT ALL PRIVILEGES ON kinds TO manuel

GRANT admins TO joe

GRANT SELECT (id), UPDATE (title) ON films TO joe WITH GRANT OPTION

GRANT ALL ON ALL TABLES IN SCHEMA pg_catalog TO CURRENT_USER

REVOKE INSERT ON films FROM PUBLIC

REVOKE ALL PRIVILEGES ON kinds FROM manuel

REVOKE admins FROM joe

REVOKE GRANT OPTION FOR SELECT (id) ON films FROM joe

-- refused: belongs to one server
GRANT CONNECT ON DATABASE elsewhere TO joe

-- refused: one server
GRANT SET ON PARAMETER work_mem TO joe
