-- How many indexes, constraints and triggers there are, on chunks and partitions too: a restore without TimescaleDB's
-- preparations makes some twice and leaves others out, with every row in place.
-- @params  -
-- @returns indexes bigint, constraints bigint, triggers bigint
-- @locks   AccessShareLock on catalogs
with tables as (
  select c.oid from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname !~ '^(pg_|information_schema$|_timescaledb_(catalog|config|cache)$)' and c.relpersistence <> 't'
)
select (select count(*) from pg_catalog.pg_index i join tables t on t.oid = i.indrelid) as indexes,
       -- From 18 on NOT NULL is one, too.
       (select count(*) from pg_catalog.pg_constraint k join tables t on t.oid = k.conrelid where k.contype <> 'n') as constraints,
       (select count(*) from pg_catalog.pg_trigger g join tables t on t.oid = g.tgrelid) as triggers
