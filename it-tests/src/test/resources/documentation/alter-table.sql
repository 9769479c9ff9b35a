CREATE TABLE distributors (dist_id int PRIMARY KEY, name text, zipcode text, address text, street text)

CREATE TABLE addresses (address text PRIMARY KEY)

CREATE TABLE measurements (mtime int)

CREATE TABLE transactions (id int PRIMARY KEY)

CREATE TABLE foo (foo_timestamp integer)

INSERT INTO distributors VALUES (1, 'a', '12345', 'somewhere', 'x'), (2, 'b', '23456', 'somewhere', 'y')

INSERT INTO addresses VALUES ('somewhere'), ('elsewhere')

INSERT INTO measurements VALUES (1), (2)

INSERT INTO transactions VALUES (1), (2), (3)

INSERT INTO foo VALUES (1700000000), (1800000000)

ALTER TABLE distributors ADD COLUMN extra varchar(30)

ALTER TABLE measurements ADD COLUMN at timestamp with time zone DEFAULT now()

ALTER TABLE transactions ADD COLUMN status varchar(30) DEFAULT 'old', ALTER COLUMN status SET default 'current'

ALTER TABLE distributors DROP COLUMN extra RESTRICT

ALTER TABLE distributors ALTER COLUMN address TYPE varchar(80), ALTER COLUMN name TYPE varchar(100)

ALTER TABLE foo ALTER COLUMN foo_timestamp SET DATA TYPE timestamp with time zone USING timestamp with time zone 'epoch' + foo_timestamp * interval '1 second'

ALTER TABLE foo ALTER COLUMN foo_timestamp DROP DEFAULT, ALTER COLUMN foo_timestamp TYPE timestamp with time zone USING foo_timestamp + interval '1 second', ALTER COLUMN foo_timestamp SET DEFAULT now()

ALTER TABLE distributors RENAME COLUMN street TO city

ALTER TABLE distributors RENAME TO suppliers

ALTER TABLE suppliers RENAME TO distributors

ALTER TABLE distributors ADD CONSTRAINT zipchk CHECK (char_length(zipcode) = 5)

ALTER TABLE distributors RENAME CONSTRAINT zipchk TO zip_check

ALTER TABLE distributors ALTER COLUMN city SET NOT NULL

ALTER TABLE distributors ALTER COLUMN city DROP NOT NULL

ALTER TABLE distributors ADD CONSTRAINT zipchk CHECK (char_length(zipcode) = 5) NO INHERIT

ALTER TABLE distributors DROP CONSTRAINT zipchk

ALTER TABLE ONLY distributors DROP CONSTRAINT zip_check

ALTER TABLE distributors ADD CONSTRAINT distfk FOREIGN KEY (address) REFERENCES addresses (address)

ALTER TABLE distributors DROP CONSTRAINT distfk

ALTER TABLE distributors ADD CONSTRAINT distfk FOREIGN KEY (address) REFERENCES addresses (address) NOT VALID

ALTER TABLE distributors VALIDATE CONSTRAINT distfk

ALTER TABLE distributors ADD CONSTRAINT dist_id_zipcode_key UNIQUE (dist_id, zipcode)

ALTER TABLE measurements ADD PRIMARY KEY (mtime)

-- error 42704
ALTER TABLE distributors SET TABLESPACE fasttablespace

CREATE SCHEMA yourschema

ALTER TABLE transactions SET SCHEMA yourschema

CREATE UNIQUE INDEX dist_id_temp_idx ON distributors (dist_id)

ALTER TABLE distributors DROP CONSTRAINT distributors_pkey, ADD CONSTRAINT distributors_pkey PRIMARY KEY USING INDEX dist_id_temp_idx

CREATE TABLE measurement (city_id int, logdate date NOT NULL) PARTITION BY RANGE (logdate)

CREATE TABLE measurement_y2016m07 (city_id int, logdate date NOT NULL)

INSERT INTO measurement_y2016m07 VALUES (1, '2016-07-05')

ALTER TABLE measurement ATTACH PARTITION measurement_y2016m07 FOR VALUES FROM ('2016-07-01') TO ('2016-08-01')

CREATE TABLE measurement_default (city_id int, logdate date NOT NULL)

ALTER TABLE measurement ATTACH PARTITION measurement_default DEFAULT

ALTER TABLE measurement DETACH PARTITION measurement_y2016m07

ALTER TABLE measurement DETACH PARTITION measurement_default CONCURRENTLY

ALTER TABLE measurement ADD COLUMN id bigserial

ALTER TABLE distributors DISABLE TRIGGER ALL

ALTER TABLE distributors ENABLE TRIGGER ALL

ALTER TABLE distributors DISABLE TRIGGER USER

ALTER TABLE distributors ENABLE ROW LEVEL SECURITY

ALTER TABLE distributors SET (autovacuum_enabled = false), ALTER COLUMN name SET (n_distinct = 5)

ALTER TABLE distributors REPLICA IDENTITY FULL

INSERT INTO addresses VALUES ('here')
