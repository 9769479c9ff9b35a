SET search_path TO my_schema, public

RESET search_path

-- refused: may not be changed
SET datestyle TO postgres, dmy

SET TIME ZONE 'America/Los_Angeles'

SET TIME ZONE DEFAULT

-- refused: *
SET ROLE 'joe'

-- refused: *
SET SESSION AUTHORIZATION 'joe'

-- refused: DEFERRED
SET CONSTRAINTS ALL DEFERRED

SHOW DateStyle

SELECT current_user, session_user
