CREATE AGGREGATE myavg (integer) (sfunc = int4_avg_accum, stype = int8[], finalfunc = int8_avg, initcond = '{0,0}')

ALTER AGGREGATE myavg(integer) RENAME TO my_average

ALTER AGGREGATE my_average(integer) OWNER TO joe

CREATE SCHEMA aggregates

ALTER AGGREGATE my_average(integer) SET SCHEMA aggregates

COMMENT ON AGGREGATE aggregates.my_average(integer) IS 'Computes an average'

DROP AGGREGATE aggregates.my_average(integer)
