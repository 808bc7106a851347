-- What the server has counted for this database since its statistics were reset, and how many sessions it has room for.
-- @params  -
-- @returns commits bigint, rollbacks bigint, blocks_hit bigint, blocks_read bigint, deadlocks bigint, temp_bytes bigint,
--          abandoned bigint, fatal bigint, killed bigint, reset_at timestamptz null, places int
-- @locks   AccessShareLock on catalogs
select xact_commit as commits, xact_rollback as rollbacks, blks_hit as blocks_hit, blks_read as blocks_read, deadlocks,
       temp_bytes, sessions_abandoned as abandoned, sessions_fatal as fatal, sessions_killed as killed,
       stats_reset as reset_at, current_setting('max_connections')::int as places
  from pg_stat_database
  where datname = current_database()
