-- Has the server's scheduler leave this database alone, and waits until it does.
-- @params  -
-- @returns stopped boolean
-- @locks   -
select _timescaledb_functions.stop_background_workers() as stopped
