-- A table as it stands, and what of the server counts for making it a hypertable; no row where there is none.
-- @params  relation text
-- @returns schema text, name text, kind text, persistence text, partition boolean, inherits boolean,
--          extension text null, owned boolean, rules boolean, row_security boolean, published boolean,
--          bytes bigint, heap_bytes bigint, block_bytes bigint, shared_bytes bigint, cache_bytes bigint,
--          lock_slots bigint, timescaledb text null
-- @locks   AccessShareLock
select
  n.nspname::text as schema,
  c.relname::text as name,
  c.relkind::text as kind,
  c.relpersistence::text as persistence,
  c.relispartition as partition,
  exists (select from pg_catalog.pg_inherits as i where c.oid in (i.inhrelid, i.inhparent)) as inherits,
  (
    select e.extname::text
    from pg_catalog.pg_depend as d
    join pg_catalog.pg_extension as e on e.oid = d.refobjid
    where d.classid = 'pg_catalog.pg_class'::regclass
      and d.objid = c.oid
      and d.refclassid = 'pg_catalog.pg_extension'::regclass
      and d.deptype = 'e'
    limit 1
  ) as extension,
  pg_has_role(c.relowner, 'usage') as owned,
  exists (select from pg_catalog.pg_rewrite as r where r.ev_class = c.oid) as rules,
  c.relrowsecurity as row_security,
  exists (select from pg_catalog.pg_publication_rel as p where p.prrelid = c.oid) as published,
  pg_total_relation_size(c.oid) as bytes,
  pg_relation_size(c.oid) as heap_bytes,
  current_setting('block_size')::bigint as block_bytes,
  pg_size_bytes(current_setting('shared_buffers')) as shared_bytes,
  pg_size_bytes(current_setting('effective_cache_size')) as cache_bytes,
  current_setting('max_locks_per_transaction')::bigint
    * (current_setting('max_connections')::bigint + current_setting('max_prepared_transactions')::bigint) as lock_slots,
  (
    select x.nspname::text
    from pg_catalog.pg_extension as e
    join pg_catalog.pg_namespace as x on x.oid = e.extnamespace
    where e.extname = 'timescaledb'
  ) as timescaledb
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.oid = to_regclass(:relation::text)
