-- Replication slots: whether they are used, and how much WAL the server keeps for them.
-- @params  -
-- @returns slot text, kind text, active boolean, wal_status text null, retained bigint, since timestamptz null
-- @locks   AccessShareLock on catalogs
-- Since when a slot is not used is known from PostgreSQL 17 on.
select s.slot_name::text as slot, s.slot_type as kind, s.active, s.wal_status,
       greatest(coalesce(pg_wal_lsn_diff(
         case when pg_is_in_recovery() then coalesce(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) else pg_current_wal_lsn() end,
         s.restart_lsn), 0), 0)::bigint as retained,
       (to_jsonb(s) ->> 'inactive_since')::timestamptz as since
  from pg_replication_slots s
  order by retained desc, slot
  limit 200
