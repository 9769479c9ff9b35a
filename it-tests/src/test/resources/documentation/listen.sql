LISTEN virtual

NOTIFY virtual, 'This is the payload'

UNLISTEN virtual
