-- refused: one server only
LISTEN virtual

-- refused: one server only
NOTIFY virtual, 'This is the payload'

UNLISTEN virtual
