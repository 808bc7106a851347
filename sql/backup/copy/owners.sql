-- Who owns what a copy makes again, and who was granted what; grants are null where they are the default.
-- @params  chunks text[]
-- @returns kind text, identity text, owner text, column_name text null, grants jsonb null
-- @locks   AccessShareLock on catalogs
with objects as (
  select 'schema' as kind, 'pg_namespace'::regclass as class, n.oid, n.nspowner as owner, n.nspacl as acl, null::name as column_name, n.nspname as schema
    from pg_catalog.pg_namespace n where n.oid >= 16384
  union all
  select case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence' else 'table' end, 'pg_class'::regclass, c.oid,
         c.relowner, c.relacl, null, n.nspname
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'S') and c.relpersistence <> 't'
      and format('%I.%I', n.nspname, c.relname) <> all (:chunks::text[])
  union all
  select 'column', 'pg_class'::regclass, c.oid, c.relowner, a.attacl, a.attname, n.nspname
    from pg_catalog.pg_attribute a join pg_catalog.pg_class c on c.oid = a.attrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where a.attacl is not null and not a.attisdropped and c.relkind in ('r', 'p', 'v', 'm')
      and format('%I.%I', n.nspname, c.relname) <> all (:chunks::text[])
  union all
  select case p.prokind when 'p' then 'procedure' else 'function' end, 'pg_proc'::regclass, p.oid, p.proowner, p.proacl, null, n.nspname
    from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace where p.prokind <> 'a'
  union all
  select case t.typtype when 'd' then 'domain' else 'type' end, 'pg_type'::regclass, t.oid, t.typowner, t.typacl, null, n.nspname
    from pg_catalog.pg_type t join pg_catalog.pg_namespace n on n.oid = t.typnamespace
    left join pg_catalog.pg_class c on c.oid = t.typrelid
    where t.typtype in ('e', 'd') or (t.typtype = 'c' and c.relkind = 'c')
)
select o.kind, i.identity, r.rolname::text as owner, o.column_name::text as column_name,
       case when o.acl is not null then
         (select coalesce(jsonb_agg(jsonb_build_object('grantee', g.rolname, 'privilege', x.a ->> 'privilege_type', 'grantable', (x.a ->> 'is_grantable')::boolean)
                   order by x.n), '[]')
            from (select to_jsonb(e) as a, n from aclexplode(o.acl) with ordinality as e(grantor, grantee, privilege_type, is_grantable, n)) x
            left join pg_catalog.pg_roles g on g.oid = (x.a ->> 'grantee')::oid)
       end as grants
  from objects o cross join lateral pg_catalog.pg_identify_object(o.class, o.oid, 0) i
  join pg_catalog.pg_roles r on r.oid = o.owner
  where o.schema !~ '^(pg_|_timescaledb_|information_schema$)'
    and not exists (select from pg_catalog.pg_depend e where e.classid = o.class and e.objid = o.oid and e.deptype = 'e')
    and not exists (select from pg_catalog.pg_depend e where o.kind = 'sequence' and e.classid = o.class and e.objid = o.oid and e.deptype = 'i' and e.refobjsubid > 0)
  order by o.kind, o.oid, o.column_name nulls first
