-- refused: PREPARE
PREPARE fooplan (int, text, bool, numeric) AS SELECT 1

-- refused: EXECUTE
EXECUTE fooplan(1, 'Hunter Valley', 't', 200.00)

-- refused: DEALLOCATE
DEALLOCATE fooplan
