-- What is neither rows nor definitions and is missed when it is gone: owners and grants, settings of the database, comments,
-- row security, types, rules and the like; and the roles that all of it names. One line each, without oids.
-- @params  -
-- @returns kind text, line text
-- @locks   AccessShareLock on catalogs
with chunk as materialized (
  select i.inhrelid as oid
    from pg_catalog.pg_inherits i
    join pg_catalog.pg_trigger t on t.tgrelid = i.inhparent and t.tgname = 'ts_insert_blocker'
),
owned as (
  select 'pg_namespace'::regclass as class, n.oid, n.nspowner as owner, n.nspname as schema,
         coalesce(n.nspacl, acldefault('n', n.nspowner)) as acl, '' as part
    from pg_catalog.pg_namespace n where n.oid >= 16384
  union all
  select 'pg_class'::regclass, c.oid, c.relowner, n.nspname,
         coalesce(c.relacl, acldefault(case c.relkind when 'S' then 's'::"char" else 'r' end, c.relowner)), ''
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f') and c.relpersistence <> 't' and c.oid not in (select oid from chunk)
  union all
  select 'pg_class'::regclass, c.oid, c.relowner, n.nspname, a.attacl, format('.%I', a.attname)
    from pg_catalog.pg_attribute a
    join pg_catalog.pg_class c on c.oid = a.attrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where a.attacl is not null and not a.attisdropped and c.relkind in ('r', 'p', 'v', 'm', 'f') and c.oid not in (select oid from chunk)
  union all
  select 'pg_proc'::regclass, p.oid, p.proowner, n.nspname, coalesce(p.proacl, acldefault('f', p.proowner)), ''
    from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  union all
  select 'pg_type'::regclass, t.oid, t.typowner, n.nspname, coalesce(t.typacl, acldefault('T', t.typowner)), ''
    from pg_catalog.pg_type t
    join pg_catalog.pg_namespace n on n.oid = t.typnamespace
    left join pg_catalog.pg_class c on c.oid = t.typrelid
    where t.typtype in ('e', 'd') or (t.typtype = 'c' and c.relkind = 'c')
),
mine as materialized (
  select o.*, i.type, i.identity || o.part as name
    from owned o cross join lateral pg_catalog.pg_identify_object(o.class, o.oid, 0) i
    where o.oid >= 16384 and o.schema !~ '^(pg_|_?timescaledb_|information_schema$)'
      and not exists (select from pg_catalog.pg_depend d
                        where d.classid = o.class and d.objid = o.oid and d.deptype = 'e')
)
select 'grant' as kind, format('%s %s is owned by %I', m.type, m.name, r.rolname) as line
  from mine m join pg_catalog.pg_roles r on r.oid = m.owner
  where m.part = ''
union all
select 'grant', format('%s %s: %s to %s%s', m.type, m.name, lower(a.privilege_type), coalesce(quote_ident(g.rolname), 'public'),
                       case when a.is_grantable then ' with grant option' else '' end)
  from mine m cross join lateral aclexplode(m.acl) a
  left join pg_catalog.pg_roles g on g.oid = a.grantee
  -- An owner has all of it; that somebody took a part from himself is told.
  where m.owner <> a.grantee or m.acl is distinct from acldefault(case m.class when 'pg_namespace'::regclass then 'n'
    when 'pg_proc'::regclass then 'f' when 'pg_type'::regclass then 'T' else case m.type when 'sequence' then 's' else 'r' end end::"char", m.owner)
union all
select 'setting', c.line
  from pg_catalog.pg_db_role_setting s
  join pg_catalog.pg_database d on d.oid = s.setdatabase and d.datname = current_database()
  cross join lateral unnest(s.setconfig) c(line)
  where s.setrole = 0 and c.line !~ '^arxdb\.'
union all
select 'object', format('comment on %s %s: %s', i.type, i.identity, md5(d.description))
  from pg_catalog.pg_description d
  cross join lateral pg_catalog.pg_identify_object(d.classoid, d.objoid, d.objsubid) i
  where d.objoid >= 16384 and coalesce(i.schema, '') !~ '^(pg_|_?timescaledb_|information_schema$)'
    and i.type in ('schema', 'table', 'view', 'materialized view', 'sequence', 'index', 'function', 'procedure', 'type', 'domain', 'trigger',
      'policy', 'table constraint', 'table column', 'view column', 'materialized view column', 'composite type', 'statistics object')
    and i.identity !~ '( on |^)_timescaledb_'
    and not (d.classoid = 'pg_class'::regclass and d.objoid in (select oid from chunk))
    and not exists (select from pg_catalog.pg_depend e
                      where e.classid = d.classoid and e.objid = d.objoid and e.deptype = 'e')
union all
select 'object', format('%I.%I has row security%s', n.nspname, c.relname, case when c.relforcerowsecurity then ', its owner too' else '' end)
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relrowsecurity and n.nspname !~ '^(pg_|_?timescaledb_|information_schema$)' and c.oid not in (select oid from chunk)
union all
select 'object', format('policy %I on %I.%I for %s to %s%s%s%s', p.polname, n.nspname, c.relname, p.polcmd,
         (select string_agg(coalesce(quote_ident(r.rolname), 'public'), ', ' order by r.rolname)
            from unnest(p.polroles) u(oid) left join pg_catalog.pg_roles r on r.oid = u.oid),
         case when p.polpermissive then '' else ' restrictive' end,
         ' using ' || pg_catalog.pg_get_expr(p.polqual, p.polrelid), ' check ' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid))
  from pg_catalog.pg_policy p
  join pg_catalog.pg_class c on c.oid = p.polrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where n.nspname !~ '^(pg_|_?timescaledb_|information_schema$)' and c.oid not in (select oid from chunk)
union all
select 'object', format('rule %I on %I.%I: %s', r.rulename, n.nspname, c.relname, md5(pg_catalog.pg_get_ruledef(r.oid)))
  from pg_catalog.pg_rewrite r
  join pg_catalog.pg_class c on c.oid = r.ev_class
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where r.rulename <> '_RETURN' and n.nspname !~ '^(pg_|_?timescaledb_|information_schema$)'
union all
select 'object', format('%s %s%s', m.type, m.name,
         case t.typtype
           when 'e' then (select format(': %s', string_agg(quote_literal(e.enumlabel), ', ' order by e.enumsortorder))
                            from pg_catalog.pg_enum e where e.enumtypid = t.oid)
           when 'd' then format(': %s%s%s%s', format_type(t.typbasetype, t.typtypmod), case when t.typnotnull then ' not null' else '' end,
             ' default ' || t.typdefault,
             (select ' ' || string_agg(pg_catalog.pg_get_constraintdef(k.oid), ' ' order by k.conname)
                from pg_catalog.pg_constraint k where k.contypid = t.oid and k.contype = 'c'))
           else (select format(': %s', string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' order by a.attnum))
                   from pg_catalog.pg_attribute a where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped)
         end)
  from mine m join pg_catalog.pg_type t on t.oid = m.oid
  where m.class = 'pg_type'::regclass
union all
select 'object', pg_catalog.pg_get_statisticsobjdef(x.oid)
  from pg_catalog.pg_statistic_ext x join pg_catalog.pg_namespace n on n.oid = x.stxnamespace
  where n.nspname !~ '^(pg_|_?timescaledb_|information_schema$)'
union all
select 'role', r.rolname::text
  from pg_catalog.pg_roles r
  where r.oid = 10 or exists (
    select from pg_catalog.pg_shdepend s join pg_catalog.pg_database d on d.datname = current_database()
      where s.refclassid = 'pg_authid'::regclass and s.refobjid = r.oid and s.dbid = d.oid)
union all
select 'large', format('%s large objects, whose numbers add up to %s', count(*), sum(l.oid::bigint))
  from pg_catalog.pg_largeobject_metadata l having count(*) > 0
order by 1, 2
