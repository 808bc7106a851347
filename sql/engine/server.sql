-- What the server is: its version, TimescaleDB's version and licence, and whether arxdb's ledger stands in it.
-- @params  -
-- @returns server int, timescaledb text null, licence text null, migrated boolean
-- @locks   AccessShareLock on catalogs
select
  current_setting('server_version_num')::int as server,
  (select extversion from pg_catalog.pg_extension where extname = 'timescaledb') as timescaledb,
  current_setting('timescaledb.license', true) as licence,
  to_regclass('arxdb.schema_tier') is not null as migrated
