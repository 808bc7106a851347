-- Tables, partitions and chunks that are due to be vacuumed or analyzed, the most dead rows first, each under the table it is part of.
-- @params  dead float8, changed float8
-- @returns oid bigint, relation text, root text, owner text, may boolean, vacuum boolean, analyze boolean, dead bigint,
--          changed bigint, never boolean, frozen float8
-- @locks   AccessShareLock on catalogs
with parent as materialized (
  select inhrelid, min(inhparent) as oid from pg_inherits group by inhrelid
), member as materialized (
  select c.oid, n.nspname, c.relname, c.relkind, c.relowner, c.reltoastrelid, c.reltuples,
         case when c.relispartition then pg_partition_root(c.oid)::oid else coalesce(p.oid, c.oid) end as root,
         pg_stat_get_live_tuples(c.oid) as live, pg_stat_get_dead_tuples(c.oid) as dead,
         pg_stat_get_live_tuples(c.reltoastrelid) as toast_live, pg_stat_get_dead_tuples(c.reltoastrelid) as toast_dead,
         pg_stat_get_mod_since_analyze(c.oid) as changed,
         age(c.relfrozenxid)::float8 / current_setting('autovacuum_freeze_max_age')::float8 as frozen
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    left join parent p on p.inhrelid = c.oid
    where c.relkind in ('r', 'm') and c.relpersistence <> 't'
      and (n.nspname !~ '^(pg_|_timescaledb_)' or n.nspname = '_timescaledb_internal') and n.nspname <> 'information_schema'
), judged as (
  select *,
         -- The file of a table is asked for only where nobody has counted its rows.
         reltuples < 0 and pg_relation_size(oid) > 0 as never,
         dead > 50 + :dead::float8 * live or toast_dead > 50 + :dead::float8 * toast_live or frozen > 0.75 as vacuum
    from member
)
select j.oid::bigint as oid, format('%I.%I', j.nspname, j.relname) as relation,
       case when j.nspname = '_timescaledb_internal' and j.relname ~ '^_?compress(ed)?_hyper' then '(columnstore)'
            else format('%I.%I', rn.nspname, r.relname) end as root,
       pg_get_userbyid(j.relowner)::text as owner,
       pg_has_role(j.relowner, 'usage')
         or (select pg_has_role(datdba, 'usage') from pg_database where datname = current_database())
         or case when current_setting('server_version_num')::int >= 170000 then has_table_privilege(j.oid, 'maintain') else false end
         as may,
       j.vacuum, j.never or j.changed > 50 + :changed::float8 * j.live as analyze,
       j.dead + coalesce(j.toast_dead, 0) as dead, j.changed, j.never, j.frozen
  from judged j
  join pg_class r on r.oid = j.root
  join pg_namespace rn on rn.oid = r.relnamespace
  where j.vacuum or j.never or j.changed > 50 + :changed::float8 * j.live
  order by j.frozen > 0.75 desc, j.dead desc, 2
