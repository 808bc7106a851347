-- Who uses the local server besides the one who asks, and how many sessions there ever were.
-- @params  -
-- @returns clients int, sessions bigint
-- @locks   AccessShareLock on catalogs
select
  (
    select count(*)::int
    from pg_catalog.pg_stat_activity
    where backend_type in ('client backend', 'walsender') and pid <> pg_backend_pid()
  ) as clients,
  (select coalesce(sum(sessions), 0)::bigint from pg_catalog.pg_stat_database) as sessions
