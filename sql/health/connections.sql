-- How many of the places for sessions are taken; those kept for superusers are not to be had.
-- @params  -
-- @returns taken int, places int, idle int, busiest text null, busiest_taken int null
-- @locks   AccessShareLock on catalogs
with client as (
  select usename, application_name, state from pg_stat_activity where backend_type = 'client backend'
), busiest as (
  select coalesce(nullif(application_name, ''), usename::text) as name, count(*)::int as n from client group by 1 order by 2 desc, 1 limit 1
)
select (select count(*)::int from client) as taken,
       current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
         - coalesce(current_setting('reserved_connections', true)::int, 0) as places,
       (select count(*)::int from client where state = 'idle') as idle,
       (select name from busiest) as busiest, (select n from busiest) as busiest_taken
