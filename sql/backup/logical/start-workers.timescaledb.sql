-- Has the server's scheduler look after this database (again).
-- @params  -
-- @returns started boolean
-- @locks   -
select _timescaledb_functions.start_background_workers() as started
