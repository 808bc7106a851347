-- How far each database's oldest rows are from the numbers that transactions have now, and where autovacuum ought to step in.
-- @params  -
-- @returns database text, xid_age bigint, multixact_age bigint, freeze_max_age bigint, multixact_freeze_max_age bigint
-- @locks   AccessShareLock on catalogs
select datname::text as database, age(datfrozenxid)::bigint as xid_age, mxid_age(datminmxid)::bigint as multixact_age,
       current_setting('autovacuum_freeze_max_age')::bigint as freeze_max_age,
       current_setting('autovacuum_multixact_freeze_max_age')::bigint as multixact_freeze_max_age
  from pg_database
  order by greatest(age(datfrozenxid), mxid_age(datminmxid)) desc
