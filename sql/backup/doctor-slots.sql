-- Replication slots, and how much WAL each of them holds back.
-- @params  -
-- @returns name text, active boolean, wal_status text null, held_bytes bigint null
-- @locks   none
select
  slot_name::text as name,
  active,
  wal_status,
  pg_wal_lsn_diff(
    case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end, restart_lsn
  )::bigint as held_bytes
from pg_replication_slots
order by slot_name
