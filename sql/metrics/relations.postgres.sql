-- What each partitioned table takes, with all its partitions.
-- @params  most int
-- @returns name text, kind text, bytes bigint, parts int, largest_part bigint null, packed_parts int, before_bytes bigint null,
--          after_bytes bigint null, of int
-- @locks   AccessShareLock
-- Asked every few seconds: of the newest partitions, and of those that nobody has counted, the files are measured; of all
-- others the pages are what VACUUM and ANALYZE counted, which is no more than rows of the catalogue.
with recursive head as materialized (
  select c.oid, format('%I.%I', n.nspname, c.relname) as name, count(*) over () as of
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'p' and not c.relispartition and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    order by 2
    limit :most::int
),
tree (root, oid) as (
  select oid, oid from head
  union all
  select t.root, i.inhrelid from tree t join pg_inherits i on i.inhparent = t.oid
),
part as materialized (
  select t.root, c.oid, c.relpages, c.reltuples, c.reltoastrelid,
         row_number() over (partition by t.root order by c.oid desc) as newness
    from tree t
    join pg_class c on c.oid = t.oid and c.relkind <> 'p'
),
indexed as materialized (
  select i.indrelid, sum(c.relpages)::bigint as pages
    from pg_index i
    join pg_class c on c.oid = i.indexrelid
    group by i.indrelid
),
measured as (
  select p.root,
         case when p.reltuples < 0 or p.newness <= 50 then pg_total_relation_size(p.oid)
              else (p.relpages + coalesce(x.pages, 0) + coalesce(t.relpages, 0))
                   * current_setting('block_size')::bigint end as bytes
    from part p
    left join indexed x on x.indrelid = p.oid
    left join pg_class t on t.oid = p.reltoastrelid
)
select h.name, 'partitioned' as kind, coalesce(sum(m.bytes), 0)::bigint as bytes, count(m.root)::int as parts,
       max(m.bytes) as largest_part, 0 as packed_parts, null::bigint as before_bytes, null::bigint as after_bytes, h.of::int
  from head h
  left join measured m on m.root = h.oid
  group by h.oid, h.name, h.of
  order by h.name
