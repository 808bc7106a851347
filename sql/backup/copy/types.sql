-- Enums, domains and composite types that stand by themselves.
-- @params  -
-- @returns id text, schema text, name text, kind text, labels text[], base text null, not_null boolean, default_value text null,
--          collation text null, checks jsonb, attributes jsonb
-- @locks   AccessShareLock on catalogs
select format('pg_type:%s', t.oid) as id, n.nspname::text as schema, t.typname::text as name, t.typtype::text as kind,
       array(select x.enumlabel::text from pg_catalog.pg_enum x where x.enumtypid = t.oid order by x.enumsortorder) as labels,
       case when t.typtype = 'd' then pg_catalog.format_type(t.typbasetype, t.typtypmod) end as base,
       t.typnotnull as not_null, t.typdefault as default_value,
       case when t.typtype = 'd' and t.typcollation <> 0
                 and t.typcollation <> (select b.typcollation from pg_catalog.pg_type b where b.oid = t.typbasetype)
            then t.typcollation::regcollation::text end as collation,
       (select coalesce(jsonb_agg(jsonb_build_object('name', c.conname, 'definition', pg_catalog.pg_get_constraintdef(c.oid)) order by c.oid), '[]')
          from pg_catalog.pg_constraint c where c.contypid = t.oid and c.contype = 'c') as checks,
       (select coalesce(jsonb_agg(jsonb_build_object('name', a.attname, 'type', pg_catalog.format_type(a.atttypid, a.atttypmod),
                  'collation', case when a.attcollation <> 0 and a.attcollation <> y.typcollation then a.attcollation::regcollation::text end)
                  order by a.attnum), '[]')
          from pg_catalog.pg_attribute a join pg_catalog.pg_type y on y.oid = a.atttypid
          where t.typtype = 'c' and a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped) as attributes
  from pg_catalog.pg_type t join pg_catalog.pg_namespace n on n.oid = t.typnamespace
  left join pg_catalog.pg_class c on c.oid = t.typrelid
  where n.nspname !~ '^(pg_|_timescaledb_|information_schema$)' and (t.typtype in ('e', 'd') or (t.typtype = 'c' and c.relkind = 'c'))
    and not exists (select from pg_catalog.pg_depend e where e.classid = 'pg_type'::regclass and e.objid = t.oid and e.deptype = 'e')
  order by t.oid
