CREATE DOMAIN us_postal_code AS TEXT CHECK (VALUE ~ '^\d{5}$' OR VALUE ~ '^\d{5}-\d{4}$')

CREATE TABLE us_snail_addy (address_id SERIAL PRIMARY KEY, street1 TEXT NOT NULL, street2 TEXT, street3 TEXT, city TEXT NOT NULL, postal us_postal_code NOT NULL)

INSERT INTO us_snail_addy (street1, city, postal) VALUES ('Main', 'X', '12345-6789')

-- error 23514
INSERT INTO us_snail_addy (street1, city, postal) VALUES ('Main', 'X', '123')
