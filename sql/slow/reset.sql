-- When the statistics of statements were reset, and how often some were thrown out for want of room. From version 1.9 on.
-- @params  -
-- @returns stats_reset timestamptz, evictions bigint
-- @locks   AccessShareLock on catalogs
select stats_reset, dealloc as evictions from pg_stat_statements_info
