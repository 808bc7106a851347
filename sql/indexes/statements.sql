-- Of the statements that name one of some tables, those that took most.
-- @params  names text[]
-- @returns name text, query text, calls bigint, seconds float8
-- @locks   AccessShareLock on catalogs
select x.name, left(x.query, 2000) as query, x.calls, x.seconds
  from (
    select n.name, s.query, s.calls, s.total_exec_time / 1000 as seconds,
           row_number() over (partition by n.name order by s.total_exec_time desc) as place
      from unnest(:names::text[]) n(name)
      join pg_stat_statements s on s.query ~* ('\m' || regexp_replace(n.name, '\W', '.', 'g') || '\M')
      join pg_database d on d.oid = s.dbid and d.datname = current_database()
      where s.query ~* '^\s*(--.*\n\s*)*(select|with|update|delete)\M'
  ) x
  where x.place <= 1
