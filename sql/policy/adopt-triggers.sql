-- Triggers of a table that somebody made, with what makes them anew.
-- @params  relation text
-- @returns name text, definition text, enabled text, each_row boolean, transition boolean, comment text null
-- @locks   AccessShareLock on catalogs
select
  t.tgname::text as name,
  pg_get_triggerdef(t.oid) as definition,
  t.tgenabled::text as enabled,
  (t.tgtype & 1) = 1 as each_row,
  t.tgoldtable is not null or t.tgnewtable is not null as transition,
  obj_description(t.oid, 'pg_trigger') as comment
from pg_catalog.pg_trigger as t
where t.tgrelid = to_regclass(:relation::text)
  and not t.tgisinternal
order by t.tgname
