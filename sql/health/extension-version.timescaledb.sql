-- TimescaleDB as this database has it, the library that its functions call, and the version whose files are installed.
-- @params  -
-- @returns installed text, library text null, available text null
-- @locks   AccessShareLock on catalogs
select e.extversion as installed,
       (select substring(p.probin from 'timescaledb-(.+)$') from pg_proc p
          join pg_namespace n on n.oid = p.pronamespace
          where n.nspname = '_timescaledb_functions' and p.probin ~ 'timescaledb-[0-9]'
          order by p.probin limit 1) as library,
       (select a.default_version from pg_available_extensions a where a.name = 'timescaledb') as available
  from pg_extension e
  where e.extname = 'timescaledb'
