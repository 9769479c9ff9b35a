-- refused: belongs to one server
CREATE DATABASE lusiadas

-- refused: belongs to one server
CREATE DATABASE sales OWNER salesapp TABLESPACE salesspace

-- refused: belongs to one server
CREATE DATABASE music LOCALE 'sv_SE.utf8' TEMPLATE template0
