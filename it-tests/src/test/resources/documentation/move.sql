BEGIN WORK

DECLARE liahona CURSOR FOR SELECT g FROM generate_series(1, 9) g

MOVE FORWARD 5 IN liahona

FETCH 1 FROM liahona

CLOSE liahona

COMMIT WORK
