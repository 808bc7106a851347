-- Settings of the server that bound how many and how wide partitions can be; its clock.
-- @params  -
-- @returns shared_buffers bigint, cache bigint, locks_per_transaction int, lock_slots bigint, autovacuum boolean,
--          relations bigint, now float8
-- @locks   AccessShareLock on catalogs
select
  pg_size_bytes(current_setting('shared_buffers')) as shared_buffers,
  pg_size_bytes(current_setting('effective_cache_size')) as cache,
  current_setting('max_locks_per_transaction')::int as locks_per_transaction,
  -- The lock table is shared: one transaction may take more than its own part of it, all together may not.
  current_setting('max_locks_per_transaction')::bigint
    * (current_setting('max_connections')::int + current_setting('max_prepared_transactions')::int) as lock_slots,
  current_setting('autovacuum')::boolean and current_setting('track_counts')::boolean as autovacuum,
  -- What every autovacuum worker reads when it starts.
  (select count(*) from pg_catalog.pg_class where relkind in ('r', 't', 'm')) as relations,
  extract(epoch from now())::float8 as now
