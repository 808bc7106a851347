-- No words of an extension here; what time it is on the server.
-- @params  -
-- @returns columnstore boolean, now timestamptz
-- @locks   -
select false as columnstore, now() as now
