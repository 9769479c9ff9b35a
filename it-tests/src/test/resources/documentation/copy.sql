CREATE TABLE country (code text PRIMARY KEY, name text)

-- refused: *
COPY country TO STDOUT (DELIMITER '|')

-- refused: *
COPY country FROM '/usr1/proj/bray/sql/country_data'

-- refused: *
COPY (SELECT * FROM country WHERE name LIKE 'A%') TO '/usr1/proj/bray/sql/a_list_countries.copy'
