-- Databases that are named as restores name them while they are at work, and whether one still is: it shows the last digits.
-- @params  keeper text
-- @returns name text, comment text null, limit int, busy boolean
-- @locks   AccessShareLock on catalogs
select d.datname::text as name, pg_catalog.shobj_description(d.oid, 'pg_database') as comment, d.datconnlimit as limit,
       exists (select from pg_catalog.pg_stat_activity a
                 where a.application_name = :keeper::text || pg_catalog.right(d.datname::text, 6)) as busy
  from pg_catalog.pg_database d where d.datname ~ '_arxdb_restoring_[0-9a-f]{6}$' order by 1
