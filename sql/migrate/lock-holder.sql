-- Who holds an advisory lock of this database.
-- @params  class bigint, object bigint
-- @returns pid int, application_name text null, usename text null, since timestamptz null, state text null,
--          query text null
-- @locks   AccessShareLock on catalogs
select
  l.pid,
  a.application_name,
  a.usename::text as usename,
  a.xact_start as since,
  a.state,
  left(regexp_replace(a.query, '\s+', ' ', 'g'), 120) as query
from pg_catalog.pg_locks as l
left join pg_catalog.pg_stat_activity as a on a.pid = l.pid
where l.locktype = 'advisory'
  and l.granted
  and l.database = (select oid from pg_catalog.pg_database where datname = current_database())
  and l.classid::bigint = :class::bigint
  and l.objid::bigint = :object::bigint
  and l.objsubid = 1
limit 1
