-- What each index takes, the partitions' indexes counted with the one they belong to.
-- @params  table text null
-- @returns index text, table text, unique boolean, parts bigint null, bytes bigint, scans bigint null
-- @locks   AccessShareLock
with recursive head as materialized (
  select c.oid, format('%I.%I', n.nspname, c.relname) as name
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'm') and not c.relispartition
      and n.nspname !~ '^(pg_|_?timescaledb_)' and n.nspname <> 'information_schema'
      and (:table::text is null or :table::text in (c.relname, n.nspname || '.' || c.relname))
),
member (root, oid) as (
  select oid, oid from head
  union all
  select m.root, i.inhrelid
    from member m
    join pg_class c on c.oid = m.oid and c.relkind = 'p'
    join pg_inherits i on i.inhparent = m.oid
),
-- From each index that is part of no other, down to those of the partitions.
piece (top, root, oid) as (
  select x.indexrelid, m.root, x.indexrelid
    from member m
    join pg_index x on x.indrelid = m.oid
    join pg_class c on c.oid = x.indexrelid and not c.relispartition
  union all
  select p.top, p.root, i.inhrelid
    from piece p
    join pg_class c on c.oid = p.oid and c.relkind = 'I'
    join pg_inherits i on i.inhparent = p.oid
)
select t.relname::text as index, h.name as table, x.indisunique as unique, count(*) filter (where c.relkind = 'i') as parts,
       sum(pg_total_relation_size(p.oid))::bigint as bytes, sum(pg_stat_get_numscans(p.oid))::bigint as scans
  from piece p
  join head h on h.oid = p.root
  join pg_class t on t.oid = p.top
  join pg_index x on x.indexrelid = p.top
  join pg_class c on c.oid = p.oid
  group by p.top, t.relname, h.name, x.indisunique
  order by bytes desc nulls last, h.name, t.relname
