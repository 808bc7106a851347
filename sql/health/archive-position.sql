-- The segment that the server writes into, and whether it is this program that archives those before it.
-- @params  -
-- @returns archiving boolean, ours boolean, file text, segment bigint, segment_bytes int
-- @locks   none
with here as (
  select pg_current_wal_lsn() as lsn, setting::int as segment_bytes from pg_settings where name = 'wal_segment_size'
)
select current_setting('archive_mode') <> 'off' as archiving, current_setting('archive_command') ~ '\mwal[''"]? [''"]?push\M' as ours,
       pg_walfile_name(h.lsn) as file, (div(pg_wal_lsn_diff(h.lsn, '0/0'), h.segment_bytes))::bigint as segment, h.segment_bytes
  from here h
