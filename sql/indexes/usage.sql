-- Each index of the user's tables with the indexes of chunks and partitions counted in: what it is on, takes, and was used for.
-- @params  least_pages int
-- @returns table text, index text, kind text, method text, unique boolean, constraint_name text null, needed text null,
--          valid boolean, keys text[], columns text[], included text[], predicate text null, parts bigint null,
--          bytes bigint, scans bigint, wasted_bytes float8 null, judged_bytes bigint
-- @locks   AccessShareLock
-- Chunks and partitions are found by inheritance, which all tiers have. A partition's index hangs below that of its table; of
-- which of a hypertable's indexes one of a chunk was made is told by what it indexes (see sizes/indexes). How much of a B-tree
-- is empty is estimated as ioguix's pgsql-bloat-estimation does, from the widths that ANALYZE saw, for indexes of some size
-- only: of small ones, of which there may be tens of thousands, nothing is to be gained.
with recursive member (root, oid) as (
  select c.oid, c.oid
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'm') and n.nspname !~ '^(pg_|_?timescaledb_)' and n.nspname <> 'information_schema'
      and not exists (select from pg_inherits i where i.inhrelid = c.oid)
  union all
  select m.root, i.inhrelid from member m join pg_inherits i on i.inhparent = m.oid
),
parent as materialized (
  select root, bool_or(oid <> root) as has_parts from member group by root
),
piece as materialized (
  select m.root, m.oid as part, x.indexrelid as oid, x.indisunique, x.indnkeyatts, x.indkey, x.indclass, x.indcollation,
         x.indoption, x.indpred is not null as has_predicate, x.indexprs is not null as has_expressions, i.relname, i.relkind, i.relispartition, i.relpages, i.reltuples,
         i.reloptions, i.relam, r.relkind as root_kind, p.has_parts
    from member m
    join pg_index x on x.indrelid = m.oid
    join pg_class i on i.oid = x.indexrelid
    join pg_class r on r.oid = m.root
    join parent p on p.root = m.root
),
declared (top, oid) as (
  select oid, oid from piece where relkind = 'I' and not relispartition
  union all
  select d.top, i.inhrelid from declared d join pg_inherits i on i.inhparent = d.oid
),
by_definition as (
  select p.root, p.part, p.oid, p.indisunique, d.definition,
         row_number() over (partition by p.part, p.indisunique, d.definition order by p.relname) as twin
    from piece p
    -- Columns by name, as their numbers may differ; an expression only as the server writes it, which takes it longer.
    cross join lateral (
      select case when p.has_expressions
                  then regexp_replace(substring(pg_get_indexdef(p.oid) from ' USING .*$'), ' WHERE .*$', ' WHERE')
                  else concat_ws(' ', p.relam, (
                    select string_agg(quote_ident(a.attname), ' ' order by k.n)
                      from unnest(p.indkey::int2[]) with ordinality k(attnum, n)
                      join pg_attribute a on a.attrelid = p.part and a.attnum = k.attnum),
                    p.indnkeyatts, p.indclass, p.indcollation, p.indoption, p.has_predicate) end as definition
    ) d
    where p.has_parts and p.root_kind <> 'p'
),
-- The index of the table itself where there is one, else the oldest of the parts.
standing (top, oid) as (
  select coalesce(min(oid) filter (where part = root) over w, min(oid) over w), oid
    from by_definition
    window w as (partition by root, indisunique, definition, twin)
  union all
  select top, oid from declared
  union all
  select p.oid, p.oid from piece p where not p.has_parts or p.root_kind = 'p' and p.relkind = 'i' and not p.relispartition
),
large as materialized (
  select p.oid, p.part, p.relpages, p.reltuples,
         coalesce((select option_value::int from pg_options_to_table(p.reloptions) where option_name = 'fillfactor'), 90) as fillfactor
    from piece p
    join pg_am a on a.oid = p.relam and a.amname = 'btree'
    where p.relpages >= :least_pages::int and p.reltuples > 0
),
measured as (
  select l.oid, sum((1 - s.null_frac) * s.avg_width) as width, max(s.null_frac) as nulls, bool_and(s.avg_width is not null) as known
    from large l
    join pg_index x on x.indexrelid = l.oid
    cross join lateral unnest(x.indkey::int2[]) with ordinality k(attnum, n)
    join pg_class t on t.oid = case when k.attnum = 0 then l.oid else l.part end
    join pg_namespace n on n.oid = t.relnamespace
    join pg_attribute a on a.attrelid = t.oid and a.attnum = case when k.attnum = 0 then k.n else k.attnum end
    left join pg_stats s on s.schemaname = n.nspname and s.tablename = t.relname and s.attname = a.attname and not s.inherited
    group by l.oid
),
-- A page has a header of 24 bytes and 16 of the tree's own; a tuple its header, nulls, values by eight, and a pointer of 4.
estimated as (
  select l.oid, l.relpages::bigint * b.size as judged_bytes,
         b.size::float8 * greatest(0, l.relpages - 1 - ceil(l.reltuples / greatest(1, floor(
           (b.size - 40) * l.fillfactor / (100.0 * (4 + case when m.nulls > 0 then 16 else 8 end + 8 * ceil(m.width / 8))))))) as wasted
    from large l
    join measured m on m.oid = l.oid and m.known
    cross join (select current_setting('block_size')::int as size) b
),
counted as materialized (
  select s.top, count(*) as pieces, sum(pg_relation_size(s.oid))::bigint as bytes, sum(pg_stat_get_numscans(s.oid))::bigint as scans,
         sum(e.wasted) as wasted_bytes, coalesce(sum(e.judged_bytes), 0)::bigint as judged_bytes
    from standing s
    left join estimated e on e.oid = s.oid
    group by s.top
)
select format('%I.%I', n.nspname, r.relname) as table, format('%I.%I', q.nspname, i.relname) as index,
       case when r.relkind = 'p' then 'partitioned' when p.has_parts then 'inherited' else 'table' end as kind,
       a.amname::text as method, x.indisunique as unique, k.conname::text as constraint_name,
       case when x.indisprimary then 'the primary key' when k.oid is not null then 'a constraint'
            when x.indisunique then 'unique' when x.indisreplident then 'the replica identity'
            when x.indisclustered then 'what CLUSTER orders by' end as needed,
       x.indisvalid as valid,
       array(
         select format('%s %s %s %s', pg_get_indexdef(c.top, g, false), x.indclass[g - 1], x.indcollation[g - 1], x.indoption[g - 1])
           from generate_series(1, x.indnkeyatts) g order by g) as keys,
       array(select pg_get_indexdef(c.top, g, false) from generate_series(1, x.indnkeyatts) g order by g) as columns,
       array(select pg_get_indexdef(c.top, g, false) from generate_series(x.indnkeyatts + 1, x.indnatts) g order by 1) as included,
       pg_get_expr(x.indpred, x.indrelid) as predicate,
       case when p.has_parts then c.pieces - 1 end as parts, coalesce(c.bytes, 0) as bytes, c.scans, c.wasted_bytes, c.judged_bytes
  from counted c
  join pg_index x on x.indexrelid = c.top
  join pg_class i on i.oid = c.top
  join pg_namespace q on q.oid = i.relnamespace
  join pg_am a on a.oid = i.relam
  join piece o on o.oid = c.top
  join parent p on p.root = o.root
  join pg_class r on r.oid = o.root
  join pg_namespace n on n.oid = r.relnamespace
  left join lateral (
    select oid, conname from pg_constraint where conindid = c.top and conrelid = x.indrelid and contype in ('p', 'u', 'x') limit 1) k on true
  order by c.bytes desc, 1, 2
