-- What health has to know of the server, the role and the schema before it judges anything; needs no privilege at all.
-- @params  -
-- @returns version int, timescaledb text null, community boolean, standby boolean, database text, role_name text,
--          system_id text, monitor boolean, migrated boolean, readable boolean, data_directory text null
-- @locks   AccessShareLock on catalogs
select current_setting('server_version_num')::int as version,
       (select extversion from pg_extension where extname = 'timescaledb') as timescaledb,
       coalesce(current_setting('timescaledb.license', true) = 'timescale', false) as community,
       pg_is_in_recovery() as standby, current_database()::text as database, current_user::text as role_name,
       (select system_identifier::text from pg_control_system()) as system_id,
       pg_has_role('pg_monitor', 'usage') as monitor,
       exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'arxdb' and c.relname = 'schema_tier') as migrated,
       coalesce((select has_schema_privilege(oid, 'usage') from pg_namespace where nspname = 'arxdb'), false) as readable,
       case when pg_has_role('pg_read_all_settings', 'usage') then current_setting('data_directory') end as data_directory
