-- Which tables are hypertables: one without chunks looks like any other in the catalogue, and takes other statements.
-- @params  -
-- @returns table text
-- @locks   AccessShareLock on catalogs
select format('%I.%I', hypertable_schema, hypertable_name) as table from timescaledb_information.hypertables
