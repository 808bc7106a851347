-- What there is of pg_stat_statements, and whose statements this role may see. Where it lies in a schema of its own, that is
-- looked in from here to the end of the transaction.
-- @params  -
-- @returns version text null, loaded boolean, available text null, sees_all boolean, role_name text, system_id text,
--          database text, path text null
-- @locks   AccessShareLock on catalogs
select e.extversion as version,
       -- Which libraries were preloaded is a secret of superusers; that this one was, its settings tell.
       current_setting('pg_stat_statements.max', true) is not null as loaded,
       (select default_version from pg_available_extensions where name = 'pg_stat_statements') as available,
       pg_has_role('pg_read_all_stats', 'usage') as sees_all, current_user::text as role_name,
       (select system_identifier::text from pg_control_system()) as system_id, current_database()::text as database,
       case when n.nspname is not null
            then set_config('search_path', format('%I, %s', n.nspname, current_setting('search_path')), true) end as path
  from (select) here
  left join pg_extension e on e.extname = 'pg_stat_statements'
  left join pg_namespace n on n.oid = e.extnamespace
