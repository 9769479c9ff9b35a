CREATE FOREIGN DATA WRAPPER film_wrapper

CREATE SERVER film_server FOREIGN DATA WRAPPER film_wrapper

CREATE FOREIGN TABLE films (code char(5) NOT NULL, title varchar(40) NOT NULL, did integer NOT NULL, date_prod date, kind varchar(10), len interval hour to minute) SERVER film_server

CREATE TABLE measurement (logdate date NOT NULL) PARTITION BY RANGE (logdate)

CREATE FOREIGN TABLE measurement_y2016m07 PARTITION OF measurement FOR VALUES FROM ('2016-07-01') TO ('2016-08-01') SERVER film_server
