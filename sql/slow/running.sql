-- Which statements run at this moment, and under which application's name.
-- @params  -
-- @returns queryid text, application text, sessions bigint
-- @locks   AccessShareLock on catalogs
select query_id::text as queryid, coalesce(nullif(application_name, ''), 'no name') as application, count(*) as sessions
  from pg_stat_activity
  where datname = current_database() and state = 'active' and query_id is not null and pid <> pg_backend_pid()
  group by 1, 2
  order by 3 desc, 2
  limit 200
