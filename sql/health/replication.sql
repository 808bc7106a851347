-- Servers that receive this one's WAL, and how much of it they have not replayed; one row without a name where none is there.
-- @params  -
-- @returns name text null, client text null, state text null, behind bigint null, replayed text null, sync_state text null, synchronous_names text
-- @locks   AccessShareLock on catalogs
-- A base backup is no standby. Receivers that do not replay are measured by what they have written.
with here as (
  select case when pg_is_in_recovery() then pg_last_wal_receive_lsn() else pg_current_wal_lsn() end as lsn
)
select coalesce(nullif(s.application_name, ''), 'pid ' || s.pid) as name, coalesce(host(s.client_addr), 'local') as client, s.state,
       greatest(pg_wal_lsn_diff(h.lsn, r.lsn), 0)::bigint as behind, r.lsn::text as replayed, s.sync_state,
       current_setting('synchronous_standby_names') as synchronous_names
  from here h
  left join pg_stat_replication s on s.state <> 'backup'
  left join lateral (select coalesce(s.replay_lsn, s.flush_lsn, s.write_lsn, s.sent_lsn) as lsn) r on true
  order by behind desc nulls last
  limit 50
