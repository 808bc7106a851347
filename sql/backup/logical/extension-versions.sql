-- Versions of an extension that this server could create.
-- @params  name text
-- @returns version text
-- @locks   -
select version from pg_catalog.pg_available_extension_versions where name = :name::text order by 1
