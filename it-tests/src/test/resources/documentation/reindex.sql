CREATE TABLE my_table (id int PRIMARY KEY)

-- refused: *
REINDEX INDEX my_table_pkey

-- refused: *
REINDEX TABLE my_table

-- refused: *
REINDEX TABLE CONCURRENTLY my_table
