-- What WAL takes, and what the settings let it take.
-- @params  -
-- @returns bytes bigint, files bigint, max_wal_size bigint, wal_keep_size bigint
-- @locks   none
select coalesce(sum(w.size), 0)::bigint as bytes, count(*) as files,
       pg_size_bytes(current_setting('max_wal_size')) as max_wal_size, pg_size_bytes(current_setting('wal_keep_size')) as wal_keep_size
  from pg_ls_waldir() w
