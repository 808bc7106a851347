-- Whether TimescaleDB is told that a restore is going on, by what, and whether one is.
-- @params  -
-- @returns restoring boolean, source text null, for_database boolean, restores bigint
-- @locks   AccessShareLock on catalogs
select coalesce(current_setting('timescaledb.restoring', true) in ('on', 'true', 'yes', '1'), false) as restoring,
       (select s.source from pg_settings s where s.name = 'timescaledb.restoring') as source,
       exists (select from pg_db_role_setting s
                 join pg_database d on d.oid = s.setdatabase and d.datname = current_database()
                 cross join lateral unnest(s.setconfig) c
                 where s.setrole = 0 and c ~* '^timescaledb\.restoring=(on|true|yes|1)$') as for_database,
       (select count(*) from pg_stat_activity
          where datname = current_database() and application_name = 'pg_restore') as restores
