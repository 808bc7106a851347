-- What each index takes, the indexes of chunks and partitions counted with the one they belong to.
-- @params  table text null
-- @returns index text, table text, unique boolean, parts bigint null, bytes bigint, scans bigint null
-- @locks   AccessShareLock
-- Which of a hypertable's indexes one of a chunk was made from is told by what it indexes, as no view says it. What
-- compressed chunks index of their batches belongs to none of them: it stands as "(columnstore)". What pg_class says of
-- partitions and their indexes is looked up once and carried along.
with recursive hyper as materialized (
  select c.oid, x.inner_schema, x.inner_name, x.name
    from (
      select h.hypertable_schema as inner_schema, h.hypertable_name as inner_name,
             h.hypertable_schema as schema_name, h.hypertable_name as table_name,
             format('%I.%I', h.hypertable_schema, h.hypertable_name) as name
        from timescaledb_information.hypertables h
      union all
      select a.materialization_hypertable_schema, a.materialization_hypertable_name, a.view_schema, a.view_name,
             format('%I.%I', a.view_schema, a.view_name)
        from timescaledb_information.continuous_aggregates a
    ) x
    join pg_namespace n on n.nspname = x.inner_schema
    join pg_class c on c.relnamespace = n.oid and c.relname = x.inner_name
    where :table::text is null or :table::text in (x.table_name, x.schema_name || '.' || x.table_name)
),
chunk as materialized (
  select h.oid as root, c.oid, true as is_chunk
    from hyper h
    join timescaledb_information.chunks k on k.hypertable_schema = h.inner_schema and k.hypertable_name = h.inner_name
    join pg_namespace n on n.nspname = k.chunk_schema
    join pg_class c on c.relnamespace = n.oid and c.relname = k.chunk_name
),
head as materialized (
  select c.oid, format('%I.%I', n.nspname, c.relname) as name, c.relkind
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'm') and not c.relispartition
      and n.nspname !~ '^(pg_|_?timescaledb_)' and n.nspname <> 'information_schema'
      and (:table::text is null or :table::text in (c.relname, n.nspname || '.' || c.relname))
      and c.oid not in (select oid from hyper)
      -- A chunk may lie in any schema.
      and not exists (
        select from pg_inherits i
          join pg_class p on p.oid = i.inhparent
          join pg_namespace s on s.oid = p.relnamespace
          join timescaledb_information.hypertables h on h.hypertable_schema = s.nspname and h.hypertable_name = p.relname
          where i.inhrelid = c.oid)
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
declared (top, root, oid, relkind) as (
  select c.oid, m.root, c.oid, c.relkind
    from member m
    join pg_index x on x.indrelid = m.oid
    join pg_class c on c.oid = x.indexrelid and not c.relispartition
  union all
  select p.top, p.root, c.oid, c.relkind
    from declared p
    join pg_inherits i on i.inhparent = p.oid
    join pg_class c on c.oid = i.inhrelid
    where p.relkind = 'I'
),
-- Of a condition only that there is one: a chunk's is simplified. Two that are alike in all this are told apart by the
-- order of their names, which chunks keep.
of_hypertables as (
  select t.root, t.is_chunk, x.indexrelid as oid, i.relname, x.indisunique,
         d.definition, row_number() over (partition by t.oid, x.indisunique, d.definition order by i.relname) as twin
    from (select oid as root, oid, false as is_chunk from hyper union all select root, oid, is_chunk from chunk) t
    join pg_index x on x.indrelid = t.oid
    join pg_class i on i.oid = x.indexrelid
    cross join lateral regexp_replace(substring(pg_get_indexdef(x.indexrelid) from ' USING .*$'), ' WHERE .*$', ' WHERE')
      d(definition)
),
-- Counted before anything is said about the uppermost, of which there are few.
counted as materialized (
  select p.top, p.root, count(*) filter (where p.relkind = 'i') as parts, sum(pg_total_relation_size(p.oid))::bigint as bytes,
         sum(pg_stat_get_numscans(p.oid))::bigint as scans
    from declared p
    group by p.top, p.root
),
found as (
  select t.relname::text as index, h.name as table, x.indisunique as unique, k.parts, k.bytes, k.scans
    from counted k
    join head h on h.oid = k.root
    join pg_class t on t.oid = k.top
    join pg_index x on x.indexrelid = k.top
  union all
  select coalesce(min(o.relname) filter (where not o.is_chunk), min(o.relname))::text, h.name, o.indisunique,
         count(*) filter (where o.is_chunk), sum(pg_total_relation_size(o.oid))::bigint,
         sum(pg_stat_get_numscans(o.oid))::bigint
    from of_hypertables o
    join hyper h on h.oid = o.root
    group by o.root, h.name, o.indisunique, o.definition, o.twin
  union all
  select '(columnstore)', h.name, false, null, s.bytes - l.bytes, null
    from hyper h
    cross join lateral (select sum(index_bytes)::bigint as bytes from chunks_detailed_size(h.oid::regclass)) s
    cross join lateral (
      select coalesce(sum(pg_indexes_size(k.oid)), 0)::bigint as bytes from chunk k where k.root = h.oid) l
    where s.bytes > l.bytes
)
select index, f.table, f.unique, parts, bytes, scans from found f order by bytes desc nulls last, f.table, index
