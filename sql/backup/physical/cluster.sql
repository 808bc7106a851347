-- What a base backup of this cluster needs to know before it begins: rights, settings, room.
-- @params  -
-- @returns may_replicate boolean, wal_level text, max_wal_senders int, senders int, standby boolean, superuser text,
--          bytes bigint, archive_mode text, summarize_wal text null, segment_bytes bigint, data_directory text null,
--          tablespaces jsonb
-- @locks   AccessShareLock on catalogs
select
  coalesce((select r.rolreplication or r.rolsuper from pg_catalog.pg_roles r where r.rolname = current_user), false)
    as may_replicate,
  current_setting('wal_level') as wal_level,
  current_setting('max_wal_senders')::int as max_wal_senders,
  (select count(*)::int from pg_catalog.pg_stat_replication) as senders,
  pg_catalog.pg_is_in_recovery() as standby,
  -- The role that initdb made: it is in every cluster, whatever its name.
  (select r.rolname::text from pg_catalog.pg_roles r where r.oid = 10) as superuser,
  -- Of what may be looked at; no more than an estimate where rights are missing.
  (select coalesce(sum(pg_catalog.pg_database_size(d.oid)), 0)::bigint from pg_catalog.pg_database d
    where pg_catalog.has_database_privilege(d.oid, 'connect')
       or pg_catalog.pg_has_role('pg_read_all_stats', 'member')) as bytes,
  current_setting('archive_mode') as archive_mode,
  current_setting('summarize_wal', true) as summarize_wal,
  pg_catalog.pg_size_bytes(current_setting('wal_segment_size')) as segment_bytes,
  case when pg_catalog.pg_has_role('pg_read_all_settings', 'member') then current_setting('data_directory', true) end
    as data_directory,
  (select coalesce(jsonb_agg(jsonb_build_object('oid', t.oid::text, 'name', t.spcname,
            'location', pg_catalog.pg_tablespace_location(t.oid)) order by t.oid), '[]')
     from pg_catalog.pg_tablespace t where t.oid not in (1663, 1664)) as tablespaces
