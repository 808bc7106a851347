-- Whether TimescaleDB could be created here: its library is loaded, its files are there, the extension is not made yet.
-- @params  -
-- @returns creatable boolean
-- @locks   AccessShareLock on catalogs
select
  exists (select from pg_catalog.pg_available_extensions where name = 'timescaledb' and installed_version is null)
  and exists (select from pg_catalog.pg_settings where name like 'timescaledb.%') as creatable
