-- Sequences with the numbers they have given out and may give out, the fullest first; and how many may not be looked at.
-- @params  -
-- @returns sequence text null, used float8 null, last text null, final text null, table_name text null,
--          column_name text null, hidden bigint, hidden_in text null
-- @locks   AccessShareLock
-- A column may be narrower than the sequence that fills it, as an int is that serial or a person gave a bigint one.
with found as materialized (
  select c.oid, n.nspname, c.relname, s.*, has_sequence_privilege(c.oid, 'select, usage') as seen
    from pg_sequence s
    join pg_class c on c.oid = s.seqrelid
    join pg_namespace n on n.oid = c.relnamespace
    where not pg_is_other_temp_schema(n.oid) and not s.seqcycle
      -- TimescaleDB's own are not for others to alter.
      and n.nspname !~ '^_?timescaledb_'
),
valued as (
  select f.*, case when x.content like '%<is_called>true<%' then substring(x.content from '<last_value>(-?\d+)<')::numeric end as last,
         a.attname, a.attrelid, k.maximum
    from found f
    -- Read as a table is, for AccessShareLock: pg_sequence_last_value() takes the lock of nextval().
    cross join lateral (select query_to_xml(format('select last_value, is_called from %I.%I', f.nspname, f.relname), false, false, '')::text) x (content)
    left join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = f.oid and d.refclassid = 'pg_class'::regclass
         and d.refobjsubid > 0 and d.deptype in ('a', 'i')
    left join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
    left join (values ('int2'::regtype, 32767::numeric), ('int4'::regtype, 2147483647::numeric)) k (type, maximum)
           on k.type = a.atttypid
    where f.seen
),
used as (
  select v.*, case when v.seqincrement > 0 then least(v.seqmax, coalesce(v.maximum, v.seqmax))
                   else greatest(v.seqmin, coalesce(-v.maximum - 1, v.seqmin)) end as final
    from valued v
    where v.last is not null
),
shared as (
  select u.*, (case when u.seqincrement > 0 then (u.last - least(u.seqmin, u.last)) / nullif(u.final - least(u.seqmin, u.last), 0)
                    else (greatest(u.seqmax, u.last) - u.last) / nullif(greatest(u.seqmax, u.last) - u.final, 0) end)::float8 as used
    from used u
),
hidden as (
  select count(*) as hidden, min(f.nspname)::text as hidden_in from found f where not f.seen
)
select s.sequence, s.used, s.last, s.final, s.table_name, s.column_name, h.hidden, h.hidden_in
  from hidden h
  left join (
    select format('%I.%I', q.nspname, q.relname) as sequence, 100 * coalesce(q.used, 1) as used, q.last::text, q.final::text,
           case when q.attname is not null then q.attrelid::regclass::text end as table_name, quote_ident(q.attname) as column_name
      from shared q order by used desc, 1 limit 50) s on true
