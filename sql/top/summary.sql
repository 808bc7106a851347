-- One line of the whole: sessions by what they do, and counters whose growth between two readings is a rate.
-- @params  -
-- @returns at timestamptz, sessions int, active int, idle int, in_transaction int, waiting int, places int,
--          transactions bigint, hits bigint, reads bigint, written bigint, oldest_seconds float8 null, bytes bigint null
-- @locks   AccessShareLock on catalogs
with client as (
  select state, wait_event_type, xact_start from pg_stat_activity where backend_type = 'client backend'
)
select clock_timestamp() as at, count(*)::int as sessions, count(*) filter (where state = 'active')::int as active,
       count(*) filter (where state = 'idle')::int as idle,
       count(*) filter (where state like 'idle in transaction%')::int as in_transaction,
       count(*) filter (where wait_event_type = 'Lock')::int as waiting,
       current_setting('max_connections')::int as places, max(d.xact_commit + d.xact_rollback) as transactions,
       max(d.blks_hit) as hits, max(d.blks_read) as reads, max(d.tup_inserted + d.tup_updated + d.tup_deleted) as written,
       extract(epoch from clock_timestamp() - min(xact_start))::float8 as oldest_seconds,
       case when has_database_privilege(current_database(), 'connect') then pg_database_size(current_database()) end as bytes
  from client
  cross join (select * from pg_stat_database where datname = current_database()) d
