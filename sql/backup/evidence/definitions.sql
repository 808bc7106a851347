-- Everything beside rows, one line each, in words that a restore brings back the same: no oids, no names of chunks.
-- Parts of a table are counted with it, and their indexes too: a restore that goes wrong makes some of them twice.
-- @params  -
-- @returns kind text, line text
-- @locks   AccessShareLock
with own as materialized (
  select c.oid, c.relname, c.relkind, format('%I.%I', n.nspname, c.relname) as name
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f') and c.relpersistence <> 't' and not c.relispartition
      and n.nspname !~ '^(pg_|_?timescaledb_)' and n.nspname <> 'information_schema'
      and not exists (select from pg_depend d
                        where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
      and not exists (select from pg_inherits i
                        join pg_class p on p.oid = i.inhparent
                        join pg_trigger t on t.tgrelid = p.oid and t.tgname = 'ts_insert_blocker'
                        where i.inhrelid = c.oid)
),
part (root, oid) as (
  with recursive below (root, oid) as (
    select o.oid, i.inhrelid from own o join pg_inherits i on i.inhparent = o.oid
    union all
    select b.root, i.inhrelid from below b join pg_inherits i on i.inhparent = b.oid
  )
  select root, oid from below
),
-- Of an index of a part, what does not depend on names: from USING on.
shape as (
  select o.name as root, p.oid as part, case when x.indisunique then 'unique' else 'not unique' end
           || case when x.indisvalid then '' else ' (invalid)' end as uniqueness,
         substr(pg_get_indexdef(x.indexrelid), length(format('CREATE %sINDEX %I ON %s%I.%I',
           case when x.indisunique then 'UNIQUE ' else '' end, i.relname, case when i.relkind = 'I' then 'ONLY ' else '' end,
           n.nspname, c.relname)) + 1) as shape
    from part p
    join own o on o.oid = p.root
    join pg_index x on x.indrelid = p.oid
    join pg_class i on i.oid = x.indexrelid
    join pg_class c on c.oid = p.oid
    join pg_namespace n on n.oid = c.relnamespace
)
select 'index' as kind,
       format('%s: %s%s', o.name, pg_get_indexdef(x.indexrelid), case when x.indisvalid then '' else ' (invalid)' end) as line
  from own o join pg_index x on x.indrelid = o.oid
union all
select 'index', format('%s: %s indexes on its %s parts', o.name, count(x.indexrelid), count(distinct p.oid))
  from part p join own o on o.oid = p.root left join pg_index x on x.indrelid = p.oid
  group by o.name
union all
-- By what they are as well: one that is missing is not made up for by another one that is there twice.
select 'index', format('%s: %s%s on %s of its parts%s', s.root, s.uniqueness, s.shape, count(distinct s.part),
                       case when count(*) = count(distinct s.part) then '' else format(', %s times', count(*)) end)
  from shape s
  group by s.root, s.uniqueness, s.shape
union all
select 'constraint', format('%s: %s constraints of type %s on its parts', o.name, count(*), k.contype)
  from part p
  join own o on o.oid = p.root
  join pg_constraint k on k.conrelid = p.oid and k.contype in ('c', 'f', 'p', 'u', 'x')
  group by o.name, k.contype
union all
select 'trigger', format('%s: %s triggers on its parts', o.name, count(*))
  from part p
  join own o on o.oid = p.root
  join pg_trigger t on t.tgrelid = p.oid
  where not t.tgisinternal
  group by o.name
union all
-- NOT NULL became a constraint in PostgreSQL 18: it is told with its column.
select 'constraint', format('%s: %s %s%s', o.name, k.conname, pg_get_constraintdef(k.oid), case when k.convalidated then '' else ' (not valid)' end)
  from own o join pg_constraint k on k.conrelid = o.oid and k.contype in ('c', 'f', 'p', 'u', 'x')
union all
select 'constraint', format('%s.%I: %s%s%s%s', o.name, a.attname, format_type(a.atttypid, a.atttypmod),
                            case when a.attnotnull then ' not null' else '' end,
                            case when a.attidentity <> '' then ' identity' when a.attgenerated <> '' then ' generated' else '' end,
                            ' ' || pg_get_expr(d.adbin, d.adrelid))
  from own o
  join pg_attribute a on a.attrelid = o.oid and a.attnum > 0 and not a.attisdropped
  left join pg_attrdef d on d.adrelid = o.oid and d.adnum = a.attnum
  where o.relkind in ('r', 'p')
union all
select 'trigger', format('%s: %s%s', o.name, pg_get_triggerdef(t.oid), case when t.tgenabled = 'D' then ' (disabled)' else '' end)
  from own o join pg_trigger t on t.tgrelid = o.oid
  where not t.tgisinternal and t.tgname <> 'ts_insert_blocker'
union all
-- A continuous aggregate's view names its numbered table.
select 'view', format('%s %s%s', o.name,
                      md5(regexp_replace(pg_get_viewdef(o.oid), '(_materialized_hypertable_|cagg_watermark\()\d+', '\1', 'g')),
                      case when c.relispopulated then '' else ' (not populated)' end)
  from own o join pg_class c on c.oid = o.oid
  where o.relkind in ('v', 'm')
union all
select 'function', format('%I.%I(%s) %s', n.nspname, f.proname, pg_get_function_identity_arguments(f.oid),
                          case when f.prokind = 'a' then 'aggregate' else md5(pg_get_functiondef(f.oid)) end)
  from pg_proc f
  join pg_namespace n on n.oid = f.pronamespace
  where n.nspname !~ '^(pg_|_?timescaledb_)' and n.nspname <> 'information_schema'
    and not exists (select from pg_depend d
                      where d.classid = 'pg_proc'::regclass and d.objid = f.oid and d.deptype = 'e')
union all
select 'extension', format('%s %s', e.extname, e.extversion) from pg_extension e
order by 1, 2
