-- Indexes that are not valid: what a REINDEX CONCURRENTLY left beside the index it was for, and others that were never
-- finished; and who is building there at this moment.
-- @params  -
-- @returns index text, relation text, root text, bytes bigint, leftover boolean, on_whole boolean, exclusion boolean,
--          building int null, owner text, may boolean
-- @locks   AccessShareLock
select format('%I.%I', n.nspname, c.relname) as index, format('%I.%I', tn.nspname, t.relname) as relation,
       format('%I.%I', rn.nspname, r.relname) as root,
       coalesce(pg_relation_size(c.oid), 0) as bytes,
       -- Its name alone proves nothing: one that indexes the same has to stand beside it.
       c.relname ~ '_cc(new|old)\d*$' and exists (
         select from pg_index o
           join pg_class oc on oc.oid = o.indexrelid
           cross join lateral regexp_replace(c.relname, '_cc(new|old)\d*$', '') as base
           where o.indrelid = i.indrelid and o.indexrelid <> i.indexrelid
             -- A name that is too long with the ending is cut before it.
             and (oc.relname = base or octet_length(c.relname::text) > 59 and starts_with(oc.relname, base))
             and (o.indkey::text, o.indclass::text, o.indoption::text, o.indisunique)
               = (i.indkey::text, i.indclass::text, i.indoption::text, i.indisunique)
             and pg_get_expr(o.indexprs, o.indrelid) is not distinct from pg_get_expr(i.indexprs, i.indrelid)
             and pg_get_expr(o.indpred, o.indrelid) is not distinct from pg_get_expr(i.indpred, i.indrelid)
       ) as leftover,
       exists (select from pg_inherits h where h.inhparent = i.indrelid) as on_whole,
       i.indisexclusion as exclusion,
       -- A concurrent build holds this lock from its beginning to its end; so does a vacuum, which is waited for as well.
       (select min(l.pid) from pg_locks l
          where l.locktype = 'relation' and l.relation = i.indrelid and l.granted and l.mode = 'ShareUpdateExclusiveLock'
            and l.database = (select oid from pg_database where datname = current_database()) and l.pid <> pg_backend_pid()) as building,
       pg_get_userbyid(t.relowner)::text as owner, pg_has_role(t.relowner, 'usage') as may
  from pg_index i
  join pg_class c on c.oid = i.indexrelid
  join pg_class t on t.oid = i.indrelid
  join pg_namespace n on n.oid = c.relnamespace
  join pg_namespace tn on tn.oid = t.relnamespace
  join pg_class r on r.oid = coalesce((select min(h.inhparent) from pg_inherits h where h.inhrelid = t.oid), t.oid)
  join pg_namespace rn on rn.oid = r.relnamespace
  where not i.indisvalid and c.relkind = 'i' and n.nspname !~ '^pg_'
  order by 1
