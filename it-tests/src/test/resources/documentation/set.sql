SET search_path TO my_schema, public

RESET search_path

-- refused: *
SET datestyle TO postgres, dmy

SET TIME ZONE 'America/Los_Angeles'

SET TIME ZONE DEFAULT

SET ROLE 'joe'

RESET ROLE

SET SESSION AUTHORIZATION 'joe'

RESET SESSION AUTHORIZATION

SET CONSTRAINTS ALL DEFERRED

SHOW DateStyle

SELECT current_user, session_user
