-- What each statement of this database has come to since it was first seen: versions 1.8 to 1.10.
-- @params  -
-- @returns queryid text null, roles text null, calls bigint, seconds float8, slowest float8, rows bigint, hit float8,
--          read float8, temporary float8, wal float8, io_seconds float8, since timestamptz null
-- @locks   AccessShareLock on catalogs
-- Without the texts, which lie in a file. One that several roles run, or that others' functions call, is one statement. Blocks are told in bytes.
select s.queryid::text as queryid, string_agg(distinct r.rolname, ', ') as roles, sum(s.calls)::bigint as calls,
       sum(s.total_exec_time) / 1000 as seconds, max(s.max_exec_time) / 1000 as slowest, sum(s.rows)::bigint as rows,
       sum(s.shared_blks_hit)::float8 * k.size as hit, sum(s.shared_blks_read)::float8 * k.size as read,
       sum(s.temp_blks_written)::float8 * k.size as temporary, sum(s.wal_bytes)::float8 as wal,
       sum(s.blk_read_time + s.blk_write_time) / 1000 as io_seconds,
       null::timestamptz as since
  from pg_stat_statements(false) s
  cross join (select current_setting('block_size')::int as size) k
  join pg_database d on d.oid = s.dbid and d.datname = current_database()
  left join pg_roles r on r.oid = s.userid
  group by s.queryid, k.size
