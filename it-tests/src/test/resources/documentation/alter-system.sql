-- refused: one server's configuration
ALTER SYSTEM SET wal_level = replica

-- refused: one server's configuration
ALTER SYSTEM RESET wal_level
