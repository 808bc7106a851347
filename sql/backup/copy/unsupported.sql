-- What a copy cannot make again: it refuses, or only says so, where data and answers stay the same without it.
-- @params  -
-- @returns what text, refuse boolean
-- @locks   AccessShareLock on catalogs
with found as (
  select 'aggregate' as kind, 'pg_proc'::regclass as class, p.oid, true as refuse from pg_catalog.pg_proc p where p.prokind = 'a'
  union all
  select case t.typtype when 'r' then 'range type' when 'm' then 'multirange type' else 'base type' end, 'pg_type', t.oid, true
    from pg_catalog.pg_type t where t.typtype in ('b', 'r', 'p') and t.typelem = 0 and t.typtype <> 'm'
  union all
  select 'operator', 'pg_operator', oid, true from pg_catalog.pg_operator
  union all
  select 'operator class', 'pg_opclass', oid, true from pg_catalog.pg_opclass
  union all
  select 'cast', 'pg_cast', oid, true from pg_catalog.pg_cast
  union all
  select 'collation', 'pg_collation', oid, true from pg_catalog.pg_collation
  union all
  select 'conversion', 'pg_conversion', oid, true from pg_catalog.pg_conversion
  union all
  select 'language', 'pg_language', oid, true from pg_catalog.pg_language
  union all
  select 'text search configuration', 'pg_ts_config', oid, true from pg_catalog.pg_ts_config
  union all
  select 'text search dictionary', 'pg_ts_dict', oid, true from pg_catalog.pg_ts_dict
  union all
  select 'rule', 'pg_rewrite', r.oid, true from pg_catalog.pg_rewrite r where r.rulename <> '_RETURN'
  union all
  select 'foreign table', 'pg_class', c.oid, true from pg_catalog.pg_class c where c.relkind = 'f'
  union all
  select 'foreign server', 'pg_foreign_server', oid, true from pg_catalog.pg_foreign_server
  union all
  select 'inherited table', 'pg_class', c.oid, true from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and not c.relispartition and exists (select from pg_catalog.pg_inherits i where i.inhrelid = c.oid)
      and n.nspname !~ '^_timescaledb_'
  union all
  select 'typed table', 'pg_class', c.oid, true from pg_catalog.pg_class c where c.reloftype <> 0
  union all
  select 'event trigger', 'pg_event_trigger', oid, false from pg_catalog.pg_event_trigger
  union all
  select 'publication', 'pg_publication', oid, false from pg_catalog.pg_publication
  union all
  select 'table outside the default tablespace', 'pg_class', c.oid, false from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.reltablespace <> 0 and c.relkind in ('r', 'p') and n.nspname !~ '^(pg_|_timescaledb_)'
)
select format('%s %s', f.kind, i.identity) as what, f.refuse
  from found f cross join lateral pg_catalog.pg_identify_object(f.class, f.oid, 0) i
  where f.oid >= 16384 and coalesce(i.schema, '') !~ '^(_timescaledb_|pg_toast|information_schema$)'
    and not exists (select from pg_catalog.pg_depend e where e.classid = f.class and e.objid = f.oid and e.deptype in ('e', 'i'))
union all
select format('%s large objects', count(*)), true from pg_catalog.pg_largeobject_metadata having count(*) > 0
union all
select format('default privileges of %s', pg_catalog.pg_get_userbyid(d.defaclrole)), false from pg_catalog.pg_default_acl d
union all
select format('rows of the extension %s', x.extname), false from pg_catalog.pg_extension x
  where x.extconfig is not null and x.extname <> 'timescaledb'
order by 1
