-- What each index takes, the partitions' indexes counted with the one they belong to.
-- @params  table text null
-- @returns index text, table text, unique boolean, parts bigint null, bytes bigint, scans bigint null
-- @locks   AccessShareLock
-- What pg_class says of each is looked up once and carried along: it is needed of every partition, whichever join is taken.
with recursive head as materialized (
  select c.oid, format('%I.%I', n.nspname, c.relname) as name, c.relkind
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'm') and not c.relispartition
      and n.nspname !~ '^(pg_|_?timescaledb_)' and n.nspname <> 'information_schema'
      and (:table::text is null or :table::text in (c.relname, n.nspname || '.' || c.relname))
),
member (root, oid, relkind) as (
  select oid, oid, relkind from head
  union all
  select m.root, c.oid, c.relkind
    from member m
    join pg_inherits i on i.inhparent = m.oid
    join pg_class c on c.oid = i.inhrelid
    where m.relkind = 'p'
),
-- From each index that is part of no other, down to those of the partitions.
piece (top, root, oid, relkind) as (
  select c.oid, m.root, c.oid, c.relkind
    from member m
    join pg_index x on x.indrelid = m.oid
    join pg_class c on c.oid = x.indexrelid and not c.relispartition
  union all
  select p.top, p.root, c.oid, c.relkind
    from piece p
    join pg_inherits i on i.inhparent = p.oid
    join pg_class c on c.oid = i.inhrelid
    where p.relkind = 'I'
),
-- Counted before anything is said about the uppermost, of which there are few.
counted as materialized (
  select p.top, p.root, count(*) filter (where p.relkind = 'i') as parts, sum(pg_total_relation_size(p.oid))::bigint as bytes,
         sum(pg_stat_get_numscans(p.oid))::bigint as scans
    from piece p
    group by p.top, p.root
)
select t.relname::text as index, h.name as table, x.indisunique as unique, k.parts, k.bytes, k.scans
  from counted k
  join head h on h.oid = k.root
  join pg_class t on t.oid = k.top
  join pg_index x on x.indexrelid = k.top
  order by k.bytes desc nulls last, h.name, t.relname
