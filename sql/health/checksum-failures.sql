-- Pages that were read and were not what had been written, by database.
-- @params  -
-- @returns enabled boolean, database text null, failures bigint, last_at timestamptz null
-- @locks   AccessShareLock on catalogs
select current_setting('data_checksums') = 'on' as enabled, datname::text as database, coalesce(checksum_failures, 0) as failures,
       checksum_last_failure as last_at
  from pg_stat_database
  order by failures desc
  limit 200
