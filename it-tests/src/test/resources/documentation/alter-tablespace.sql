-- refused: directory
ALTER TABLESPACE index_space RENAME TO fast_raid
