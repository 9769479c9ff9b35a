CREATE TABLE onek (id int PRIMARY KEY)

-- refused: *
VACUUM (VERBOSE, ANALYZE) onek

-- refused: *
ANALYZE onek

-- refused: *
CLUSTER onek USING onek_pkey

-- refused: *
CHECKPOINT
