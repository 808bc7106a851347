-- Indexes that take much more room than what is in them would: B-trees of at least so many bytes, by the width of their
-- columns. One that packs equal keys together is smaller than reckoned, so it is named late, never in vain.
-- @params  least bigint, share float8
-- @returns index text, relation text, root text, bytes bigint, expected bigint, owner text, may boolean
-- @locks   AccessShareLock
with big as materialized (
  select i.indexrelid, i.indrelid, i.indkey, c.relname, n.nspname, c.relpages, c.reltuples, t.relowner, t.relname as of_table,
         s.nspname as of_schema,
         coalesce((select option_value::int from pg_options_to_table(c.reloptions) where option_name = 'fillfactor'), 90) as fill
    from pg_index i
    join pg_class c on c.oid = i.indexrelid
    join pg_am a on a.oid = c.relam and a.amname = 'btree'
    join pg_namespace n on n.oid = c.relnamespace
    join pg_class t on t.oid = i.indrelid
    join pg_namespace s on s.oid = t.relnamespace
    where i.indisvalid and not i.indisexclusion and c.relkind = 'i' and c.relpersistence <> 't' and c.reltuples >= 0
      and c.relpages >= :least::bigint / current_setting('block_size')::int
      and (n.nspname !~ '^(pg_|_timescaledb_)' or n.nspname = '_timescaledb_internal')
), width as (
  select b.indexrelid, count(*) filter (where s.avg_width is null) as unknown,
         sum((1 - s.null_frac) * s.avg_width) as bytes
    from big b
    cross join lateral unnest(b.indkey::int[]) with ordinality k(attnum, n)
    left join pg_attribute a on a.attrelid = b.indrelid and a.attnum = k.attnum and k.attnum > 0
    left join lateral (
      select max(p.avg_width) as avg_width, max(p.null_frac) as null_frac
        from pg_stats p
        where not p.inherited
          and (p.schemaname, p.tablename, p.attname) in (
            (b.of_schema, b.of_table, a.attname),
            -- An expression has its statistics with the index.
            (b.nspname, b.relname, (select e.attname from pg_attribute e where k.attnum = 0 and e.attrelid = b.indexrelid and e.attnum = k.n)))
    ) s on true
    group by b.indexrelid
), reckoned as (
  select b.*, b.relpages::bigint * current_setting('block_size')::int as bytes,
         -- Eight bytes of header and four of pointer a row, in pages that are filled so far.
         (ceil(b.reltuples * (12 + 8 * ceil(w.bytes / 8)) / ((current_setting('block_size')::int - 40) * b.fill / 100.0)) + 1)
           * current_setting('block_size')::int as expected
    from big b
    join width w on w.indexrelid = b.indexrelid and w.unknown = 0
)
select format('%I.%I', k.nspname, k.relname) as index, format('%I.%I', of_schema, of_table) as relation,
       (select format('%I.%I', rn.nspname, r.relname)
          from pg_class r join pg_namespace rn on rn.oid = r.relnamespace
          where r.oid = coalesce((select min(h.inhparent) from pg_inherits h where h.inhrelid = indrelid), indrelid)) as root,
       bytes, expected::bigint as expected, pg_get_userbyid(relowner)::text as owner, pg_has_role(relowner, 'usage') as may
  from reckoned k
  where expected < (1 - :share::float8) * bytes
  order by bytes - expected desc
