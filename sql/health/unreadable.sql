-- Which of arxdb's tables this role may not read.
-- @params  tables text[]
-- @returns table_name text
-- @locks   AccessShareLock on catalogs
select t as table_name
  from unnest(:tables::text[]) with ordinality as k(t, n)
  where not has_table_privilege(format('arxdb.%I', t), 'select')
  order by n
