CREATE OPERATOR FAMILY gist_int_family USING btree

CREATE OPERATOR CLASS my_int_ops FOR TYPE int4 USING btree FAMILY gist_int_family AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(int4, int4)

CREATE TABLE by_class (id int PRIMARY KEY, n int)

CREATE INDEX by_class_idx ON by_class (n my_int_ops)

DROP INDEX by_class_idx

DROP OPERATOR CLASS my_int_ops USING btree

DROP OPERATOR FAMILY gist_int_family USING btree
