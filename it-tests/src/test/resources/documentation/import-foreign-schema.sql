-- refused: *
IMPORT FOREIGN SCHEMA foreign_films FROM SERVER film_server INTO films
