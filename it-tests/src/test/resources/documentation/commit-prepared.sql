-- refused: two-phase commit
PREPARE TRANSACTION 'foobar'

-- refused: two-phase commit
COMMIT PREPARED 'foobar'

-- refused: two-phase commit
ROLLBACK PREPARED 'foobar'
