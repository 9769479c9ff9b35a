CREATE TABLE t1 (a int, b int)

INSERT INTO t1 SELECT i/100, i/500 FROM generate_series(1,1000) s(i)

CREATE STATISTICS s1 (dependencies) ON a, b FROM t1

CREATE TABLE t2 (a int, b int)

CREATE STATISTICS s2 (mcv) ON a, b FROM t2

CREATE TABLE t3 (a timestamp)

CREATE STATISTICS s3 (ndistinct) ON date_trunc('month', a), date_trunc('day', a) FROM t3
