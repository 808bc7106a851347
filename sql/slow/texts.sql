-- The texts of some statements, with the constants taken out; the beginning of long ones.
-- @params  queryids text[]
-- @returns queryid text, query text
-- @locks   AccessShareLock on catalogs
select s.queryid::text as queryid, left(min(s.query), 30000) as query
  from pg_stat_statements s
  join pg_database d on d.oid = s.dbid and d.datname = current_database()
  where s.queryid = any(:queryids::text[]::bigint[])
  group by s.queryid
