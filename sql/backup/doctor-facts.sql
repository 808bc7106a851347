-- What a backup of this database meets: what the role may do, how much there is, how many relations a dump locks.
-- @params  -
-- @returns version_num int, recovering boolean, superuser boolean, may_replicate boolean, may_mark boolean,
--          may_read_all boolean, may_read_hba boolean, database_bytes bigint, lockable bigint
-- @locks   AccessShareLock
select
  current_setting('server_version_num')::int as version_num,
  pg_is_in_recovery() as recovering,
  r.rolsuper as superuser,
  r.rolsuper or r.rolreplication as may_replicate,
  has_function_privilege('pg_catalog.pg_create_restore_point(text)', 'execute') as may_mark,
  r.rolsuper or pg_has_role('pg_read_all_data', 'usage') as may_read_all,
  has_table_privilege('pg_catalog.pg_hba_file_rules', 'select')
    and has_function_privilege('pg_catalog.pg_hba_file_rules()', 'execute') as may_read_hba,
  pg_database_size(current_database()) as database_bytes,
  (
    select count(*)
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p', 'i', 'I', 'm', 'v', 'f', 'S')
        and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
  ) as lockable
from pg_roles r
where r.rolname = current_user
