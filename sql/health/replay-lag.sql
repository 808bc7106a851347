-- How a standby follows: what it received and did not replay, and what it receives from.
-- @params  -
-- @returns receiving boolean, source text, behind bigint, paused boolean, replayed_at timestamptz null, seconds float8 null,
--          heard_at timestamptz null
-- @locks   AccessShareLock on catalogs
select coalesce(r.status = 'streaming', false) as receiving,
       case when current_setting('primary_conninfo') <> '' then 'stream' else 'archive' end as source,
       greatest(coalesce(pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()), 0), 0)::bigint as behind,
       pg_is_wal_replay_paused() as paused, pg_last_xact_replay_timestamp() as replayed_at,
       extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp())::float8 as seconds,
       r.last_msg_receipt_time as heard_at
  from (values (1)) one
  left join pg_stat_wal_receiver r on true
