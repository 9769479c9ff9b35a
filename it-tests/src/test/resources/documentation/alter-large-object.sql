-- refused: large objects
ALTER LARGE OBJECT 12345 OWNER TO joe
