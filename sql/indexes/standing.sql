-- Since when use is counted here, as far back as can be proven, and who else may use the same indexes.
-- @params  -
-- @returns system_id text, counted_since timestamptz null, standby boolean, standbys bigint
-- @locks   AccessShareLock on catalogs
-- Statistics that nobody has reset since the database was made do not say when that was; what they remember of vacuum and
-- analyze is no younger than they are.
select (select system_identifier::text from pg_control_system()) as system_id,
       coalesce(
         d.stats_reset,
         (select least(min(pg_stat_get_last_vacuum_time(c.oid)), min(pg_stat_get_last_autovacuum_time(c.oid)),
                       min(pg_stat_get_last_analyze_time(c.oid)), min(pg_stat_get_last_autoanalyze_time(c.oid)))
            from pg_class c where c.relkind in ('r', 'm'))) as counted_since,
       pg_is_in_recovery() as standby,
       (select count(*) from pg_stat_get_wal_senders() w where w.state = 'streaming' or w.state is null) as standbys
  from pg_stat_database d
  where d.datname = current_database()
