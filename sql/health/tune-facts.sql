-- What settings depend on beside the machine: who is connected to what, and how many locks the largest table takes.
-- @params  -
-- @returns version int, timescaledb text null, loaded boolean, pid int, role_name text, database text, databases int, tables int,
--          largest int, chunks int
-- @locks   AccessShareLock on catalogs
with indexes as (
  select indrelid, count(*) as n from pg_index group by indrelid
), parts as (
  -- A chunk in the columnstore locks the relation that holds its batches, too, which is nobody's child.
  select i.inhparent as root, count(*) as n, sum(1 + coalesce(x.n, 0)) as locks
    from pg_inherits i
    join pg_class c on c.oid = i.inhrelid and c.relkind in ('r', 'p')
    left join indexes x on x.indrelid = i.inhrelid
    group by i.inhparent
), columnstore as (
  select sum(1 + coalesce(x.n, 0)) as locks
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace and n.nspname = '_timescaledb_internal'
    left join indexes x on x.indrelid = c.oid
    where c.relkind = 'r' and c.relname like 'compress\_hyper\_%'
)
select current_setting('server_version_num')::int as version,
       (select extversion from pg_extension where extname = 'timescaledb') as timescaledb,
       -- In any database of the server.
       current_setting('timescaledb.max_background_workers', true) is not null as loaded,
       pg_backend_pid() as pid, session_user::text as role_name, current_database()::text as database,
       (select count(*)::int from pg_database where datallowconn and not datistemplate) as databases,
       (select count(*)::int from pg_class where relkind in ('r', 'p', 'm') and relpersistence <> 't') as tables,
       (coalesce((select max(locks) from parts), 0) + coalesce((select locks from columnstore), 0))::int as largest,
       coalesce((select max(n) from parts), 0)::int as chunks
