-- What a step left: dead rows of a table, which somebody still sees, and the bytes of an index.
-- @params  relation text
-- @returns dead bigint, bytes bigint
-- @locks   AccessShareLock
select coalesce(pg_stat_get_dead_tuples(to_regclass(:relation::text)), 0) as dead,
       coalesce(pg_relation_size(to_regclass(:relation::text)), 0) as bytes
