-- Roles of the server.
-- @params  -
-- @returns name text
-- @locks   AccessShareLock on catalogs
select rolname::text as name from pg_catalog.pg_roles order by 1
