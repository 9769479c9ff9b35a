CREATE LANGUAGE plsample HANDLER plpgsql_call_handler

DROP LANGUAGE plsample
