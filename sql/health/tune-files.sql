-- What stands in the configuration files, in the order they are read; ALTER SYSTEM writes into the last of them.
-- @params  names text[]
-- @returns name text, setting text null, automatic boolean, applied boolean, error text null
-- @locks   AccessShareLock on catalogs
select name, setting, sourcefile like '%/postgresql.auto.conf' as automatic, applied, error
  from pg_file_settings
  where name = any(:names::text[])
  order by seqno
