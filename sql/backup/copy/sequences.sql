-- Sequences, those of identity columns too, and the column that owns each.
-- @params  -
-- @returns id text, schema text, name text, type text, start text, min text, max text, increment text, cache text,
--          cycle boolean, identity boolean, unlogged boolean, owner_schema text null, owner_table text null, owner_column text null
-- @locks   AccessShareLock on catalogs
select format('pg_class:%s', c.oid) as id, n.nspname::text as schema, c.relname::text as name,
       pg_catalog.format_type(s.seqtypid, null) as type, s.seqstart::text as start, s.seqmin::text as min, s.seqmax::text as max,
       s.seqincrement::text as increment, s.seqcache::text as cache, s.seqcycle as cycle,
       coalesce(d.deptype = 'i', false) as identity, c.relpersistence = 'u' as unlogged,
       tn.nspname::text as owner_schema, t.relname::text as owner_table, a.attname::text as owner_column
  from pg_catalog.pg_sequence s join pg_catalog.pg_class c on c.oid = s.seqrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  left join pg_catalog.pg_depend d on d.classid = 'pg_class'::regclass and d.objid = c.oid
    and d.refclassid = 'pg_class'::regclass and d.refobjsubid > 0 and d.deptype in ('a', 'i')
  left join pg_catalog.pg_class t on t.oid = d.refobjid
  left join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace
  left join pg_catalog.pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
  where n.nspname !~ '^(pg_|_timescaledb_|information_schema$)' and c.relpersistence <> 't' and not exists (select from pg_catalog.pg_depend e where e.classid = 'pg_class'::regclass and e.objid = c.oid and e.deptype = 'e')
  order by c.oid
