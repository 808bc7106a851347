-- How many locks there is room for, and how many a dump, and a question without bounds about the most divided table, or
-- its drop, take at once.
-- @params  -
-- @returns slots bigint, per_transaction int, dump bigint, relation text null, parts bigint null, question bigint null,
--          drop bigint null
-- @locks   AccessShareLock
-- A dump locks tables and sequences, but for the system's; a question each part with its indexes; a drop what holds large values too.
with indexed as (
  select indrelid, count(*) as indexes from pg_index group by indrelid
),
divided as (
  select i.inhparent, count(*) as parts, sum(1 + coalesce(x.indexes, 0))::bigint as question,
         sum(1 + coalesce(x.indexes, 0) + case when c.reltoastrelid = 0 then 0 else 2 end)::bigint as drop
    from pg_inherits i
    join pg_class c on c.oid = i.inhrelid and c.relkind in ('r', 'p', 'f')
    left join indexed x on x.indrelid = c.oid
    group by i.inhparent
    order by drop desc
    limit 1
)
select current_setting('max_locks_per_transaction')::bigint
         * (current_setting('max_connections')::int + current_setting('max_prepared_transactions')::int) as slots,
       current_setting('max_locks_per_transaction')::int as per_transaction,
       (select count(*) from pg_class c
          join pg_namespace n on n.oid = c.relnamespace and n.nspname not in ('pg_catalog', 'information_schema')
          where c.relkind in ('r', 'p', 'S', 'm', 'f')) as dump,
       d.inhparent::regclass::text as relation, d.parts, d.question, d.drop
  from (select) one
  left join divided d on true
