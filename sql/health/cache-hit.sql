-- Blocks that this database's sessions asked for: found in shared buffers, and not; and when the counters last began anew.
-- @params  -
-- @returns hit bigint, read bigint, counted_since text
-- @locks   AccessShareLock on catalogs
-- After a crash all statistics begin anew without a date of the database's own: the background writer's tells that.
select d.blks_hit as hit, d.blks_read as read, concat(d.stats_reset, ' ', b.stats_reset) as counted_since
  from pg_stat_database d
  cross join pg_stat_bgwriter b
  where d.datname = current_database()
