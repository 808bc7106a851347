-- Who holds a lock by name in this database.
-- @params  name text
-- @returns pid int, application_name text null, usename text null, client text null, since timestamptz null
-- @locks   AccessShareLock on catalogs
select l.pid, a.application_name, a.usename::text as usename, a.client_addr::text as client, a.xact_start as since
  from (select hashtextextended(:name::text, 0) as key) k
  join pg_catalog.pg_locks l
    on l.locktype = 'advisory' and l.granted and l.objsubid = 1
      and l.classid::bigint = ((k.key >> 32) & 4294967295) and l.objid::bigint = (k.key & 4294967295)
      and l.database = (select oid from pg_catalog.pg_database where datname = current_database())
  left join pg_catalog.pg_stat_activity a on a.pid = l.pid
  limit 1
