-- Statements of this database that ended, and how long they took in all; nothing where pg_stat_statements is not made, or
-- is so old that its columns have other names.
-- @params  -
-- @returns calls bigint, milliseconds float8, reset_at timestamptz null
-- @locks   AccessShareLock on catalogs
-- The extension may be absent, and may be in any schema: what reads it is text until then. Without the texts of the
-- statements (false), which are in a file.
with here as materialized (
  select quote_ident(n.nspname) as schema_name, string_to_array(e.extversion, '.')::int[] >= '{1,9}' as resets
    from pg_extension e
    join pg_namespace n on n.oid = e.extnamespace
    where e.extname = 'pg_stat_statements' and string_to_array(e.extversion, '.')::int[] >= '{1,8}'
      -- Made, but not among shared_preload_libraries: to ask it is an error.
      and current_setting('pg_stat_statements.max', true) is not null
),
asked as materialized (
  select query_to_xml(
           'select sum(calls) as calls, sum(total_exec_time) as milliseconds, '
             || case when resets then format('(select stats_reset from %s.pg_stat_statements_info)', schema_name) else 'null' end
             || ' as reset_at from ' || schema_name || '.pg_stat_statements(false)
               where dbid = (select oid from pg_database where datname = current_database())',
           false, false, '')::text as found
    from here
)
select coalesce((regexp_match(found, '<calls>([0-9]+)</calls>'))[1]::bigint, 0) as calls,
       coalesce((regexp_match(found, '<milliseconds>([^<]+)</milliseconds>'))[1]::float8, 0) as milliseconds,
       (regexp_match(found, '<reset_at>([^<]+)</reset_at>'))[1]::timestamptz as reset_at
  from asked
