-- Whether there is a database of that name.
-- @params  name text
-- @returns name text
-- @locks   AccessShareLock on catalogs
select datname::text as name from pg_catalog.pg_database where datname = :name::text
