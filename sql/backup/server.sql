-- What a manifest says of the server and the database.
-- @params  -
-- @returns version text, version_num int, system_id text, database text, database_bytes bigint, checksums boolean,
--          timescaledb text null
-- @locks   AccessShareLock
select
  split_part(current_setting('server_version'), ' ', 1) as version,
  current_setting('server_version_num')::int as version_num,
  (select system_identifier::text from pg_control_system()) as system_id,
  current_database()::text as database,
  pg_database_size(current_database()) as database_bytes,
  current_setting('data_checksums')::boolean as checksums,
  (select extversion from pg_extension where extname = 'timescaledb') as timescaledb
