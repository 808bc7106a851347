-- What has to be there before what: dependencies between things that are made by a statement of their own.
-- @params  -
-- @returns id text, needs text
-- @locks   AccessShareLock on catalogs
with mapped as (
  select d.classid, d.objid, d.refclassid, d.refobjid from pg_catalog.pg_depend d
    where d.deptype in ('n', 'a', 'i') and d.objid >= 16384 and d.refobjid >= 16384
), places(class, oid, node) as (
  select 'pg_rewrite'::regclass::oid, r.oid, format('pg_class:%s', r.ev_class) from pg_catalog.pg_rewrite r
  union all
  select 'pg_attrdef'::regclass::oid, d.oid, case when a.attgenerated <> '' then format('pg_class:%s', d.adrelid) else format('pg_attrdef:%s', d.oid) end
    from pg_catalog.pg_attrdef d join pg_catalog.pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
  union all
  select 'pg_type'::regclass::oid, t.oid,
         case when c.relkind <> 'c' then format('pg_class:%s', c.oid) when b.oid is not null then format('pg_type:%s', b.oid) else format('pg_type:%s', t.oid) end
    from pg_catalog.pg_type t
    left join pg_catalog.pg_type b on b.typarray = t.oid
    left join pg_catalog.pg_class c on c.oid = coalesce(b.typrelid, t.typrelid)
  union all
  select 'pg_class'::regclass::oid, c.oid,
         coalesce(case when c.relkind = 'c' then format('pg_type:%s', c.reltype) end,
                  (select format('pg_constraint:%s', k.oid) from pg_catalog.pg_constraint k
                     where k.conindid = c.oid and k.contype in ('p', 'u', 'x') limit 1),
                  (select format('pg_class:%s', d.refobjid) from pg_catalog.pg_depend d
                     where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'i' and d.refobjsubid > 0 and c.relkind = 'S'),
                  format('pg_class:%s', c.oid))
    from pg_catalog.pg_class c
  union all
  select 'pg_constraint'::regclass::oid, k.oid, case when k.contypid <> 0 then format('pg_type:%s', k.contypid) else format('pg_constraint:%s', k.oid) end
    from pg_catalog.pg_constraint k
)
select distinct coalesce(a.node, format('%s:%s', m.classid::regclass, m.objid)) as id,
       coalesce(b.node, format('%s:%s', m.refclassid::regclass, m.refobjid)) as needs
  from mapped m
  left join places a on a.class = m.classid and a.oid = m.objid
  left join places b on b.class = m.refclassid and b.oid = m.refobjid
  where coalesce(a.node, format('%s:%s', m.classid::regclass, m.objid)) <> coalesce(b.node, format('%s:%s', m.refclassid::regclass, m.refobjid))
