-- Tables, partitioned tables and partitions, with their columns. Chunks are no tables here.
-- @params  chunks text[]
-- @returns id text, schema text, name text, kind text, unlogged boolean, options text[], access_method text null, partition_key text null,
--          parent_schema text null, parent_name text null, bound text null, row_security boolean, force_row_security boolean,
--          replica_identity text, columns jsonb
-- @locks   AccessShareLock on catalogs
select format('pg_class:%s', c.oid) as id, n.nspname::text as schema, c.relname::text as name, c.relkind::text as kind,
       c.relpersistence = 'u' as unlogged,
       coalesce(c.reloptions, '{}') || array(select 'toast.' || o from pg_catalog.pg_class s, unnest(s.reloptions) o where s.oid = c.reltoastrelid)
         as options,
       (select m.amname::text from pg_catalog.pg_am m where m.oid = c.relam and m.amname <> 'heap') as access_method,
       case when c.relkind = 'p' then pg_catalog.pg_get_partkeydef(c.oid) end as partition_key,
       pn.nspname::text as parent_schema, p.relname::text as parent_name,
       case when c.relispartition then pg_catalog.pg_get_expr(c.relpartbound, c.oid) end as bound,
       c.relrowsecurity as row_security, c.relforcerowsecurity as force_row_security, c.relreplident::text as replica_identity,
       (select coalesce(jsonb_agg(jsonb_build_object(
                 'name', a.attname, 'type', pg_catalog.format_type(a.atttypid, a.atttypmod), 'not_null', a.attnotnull,
                 'null_name', k.conname, 'identity', a.attidentity, 'generated', a.attgenerated,
                 'default_id', d.oid, 'default', pg_catalog.pg_get_expr(d.adbin, d.adrelid),
                 'collation', case when a.attcollation <> 0 and a.attcollation <> t.typcollation then a.attcollation::regcollation::text end,
                 'storage', case when a.attstorage <> t.typstorage then a.attstorage end,
                 'compression', nullif(a.attcompression, ''),
                 'statistics', nullif((to_jsonb(a) ->> 'attstattarget')::int, -1), 'options', a.attoptions) order by a.attnum), '[]')
          from pg_catalog.pg_attribute a join pg_catalog.pg_type t on t.oid = a.atttypid
          left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
          left join pg_catalog.pg_constraint k on k.conrelid = a.attrelid and k.contype = 'n' and k.conkey = array[a.attnum]
          where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  left join pg_catalog.pg_inherits i on i.inhrelid = c.oid and c.relispartition
  left join pg_catalog.pg_class p on p.oid = i.inhparent
  left join pg_catalog.pg_namespace pn on pn.oid = p.relnamespace
  where c.relkind in ('r', 'p') and c.relpersistence <> 't' and n.nspname !~ '^(pg_|_timescaledb_|information_schema$)'
    and format('%I.%I', n.nspname, c.relname) <> all (:chunks::text[]) and not exists (select from pg_catalog.pg_depend e where e.classid = 'pg_class'::regclass and e.objid = c.oid and e.deptype = 'e')
  order by c.oid
