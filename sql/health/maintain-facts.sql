-- Whether this server can be maintained, by which backend, and whether arxdb's rollups are here for this role.
-- @params  -
-- @returns pid int, standby boolean, rollups boolean
-- @locks   AccessShareLock on catalogs
select pg_backend_pid() as pid, pg_is_in_recovery() as standby,
       coalesce((
         select has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'delete')
           from pg_class c
           join pg_namespace n on n.oid = c.relnamespace
           where n.nspname = 'arxdb' and c.relname = 'rollup_dirty'), false) as rollups
