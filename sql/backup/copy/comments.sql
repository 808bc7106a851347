-- Comments on what a copy makes again.
-- @params  chunks text[]
-- @returns kind text, identity text, comment text
-- @locks   AccessShareLock on catalogs
select case i.type when 'table column' then 'column' when 'view column' then 'column' when 'materialized view column' then 'column'
         when 'composite type column' then 'column' when 'table constraint' then 'constraint' when 'statistics object' then 'statistics'
         else i.type end as kind,
       i.identity, d.description as comment
  from pg_catalog.pg_description d
  cross join lateral pg_catalog.pg_identify_object(d.classoid, d.objoid, d.objsubid) i
  left join pg_catalog.pg_class c on d.classoid = 'pg_class'::regclass and c.oid = d.objoid
  where d.objoid >= 16384 and coalesce(i.schema, '') !~ '^(pg_|_timescaledb_|information_schema$)'
    and i.type in ('schema', 'table', 'view', 'materialized view', 'sequence', 'index', 'function', 'procedure', 'type', 'domain', 'trigger',
      'policy', 'table constraint', 'table column', 'view column', 'materialized view column', 'composite type', 'statistics object')
    and (c.oid is null or format('%I.%I', c.relnamespace::regnamespace::text, c.relname) <> all (:chunks::text[]))
    and i.identity !~ '( on |^)_timescaledb_'
    and not exists (select from pg_catalog.pg_depend e where e.classid = d.classoid and e.objid = d.objoid and e.deptype = 'e')
  order by 1, 2
