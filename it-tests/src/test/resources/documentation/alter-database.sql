-- refused: belongs to one server
ALTER DATABASE test SET enable_indexscan TO off

ALTER DATABASE shop SET enable_indexscan TO off

ALTER DATABASE shop RESET enable_indexscan

COMMENT ON DATABASE shop IS 'Our database: 100%'

GRANT CONNECT ON DATABASE shop TO joe

REVOKE CONNECT ON DATABASE shop FROM joe
