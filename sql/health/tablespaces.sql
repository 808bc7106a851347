-- Tablespaces that lie outside the data directory.
-- @params  -
-- @returns tablespace text, path text
-- @locks   AccessShareLock on catalogs
select spcname::text as tablespace, pg_tablespace_location(oid) as path
  from pg_tablespace
  where pg_tablespace_location(oid) like '/%'
  order by 1
  limit 50
