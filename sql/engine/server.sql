-- What the server is: its version, TimescaleDB's version and licence, and whether arxdb's ledger stands in it.
-- @params  -
-- @returns server int, timescaledb text null, licence text null, migrated boolean
-- @locks   AccessShareLock on catalogs
select
  current_setting('server_version_num')::int as server,
  (select extversion from pg_catalog.pg_extension where extname = 'timescaledb') as timescaledb,
  current_setting('timescaledb.license', true) as licence,
  -- Not by to_regclass(): that is refused where the role may not look into the schema.
  exists (
    select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'arxdb' and c.relname = 'schema_tier') as migrated
