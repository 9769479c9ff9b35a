-- refused: event trigger
ALTER EVENT TRIGGER abort_ddl DISABLE
