-- Where sequences stand, one line each, with their step where it is not 1. Not of a snapshot: they know none.
-- @params  -
-- @returns line text
-- @locks   AccessShareLock
select format('%I.%I %s%s%s', s.schemaname, s.sequencename, coalesce(s.last_value::text, 'unused'),
              case when s.increment_by = 1 then '' else format(' by %s', s.increment_by) end,
              case when s.cycle then ' cycle' else '' end) as line
  from pg_sequences s
  where s.schemaname !~ '^(pg_|_?timescaledb_)'
  order by 1
