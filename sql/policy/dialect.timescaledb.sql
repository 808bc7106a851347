-- Which words the extension understands, and what time it is on the server.
-- @params  -
-- @returns columnstore boolean, now timestamptz
-- @locks   AccessShareLock on catalogs
select exists (select from pg_proc where proname = 'add_columnstore_policy') as columnstore, now() as now
