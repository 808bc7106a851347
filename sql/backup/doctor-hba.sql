-- How many lines of pg_hba.conf let anybody in for replication, and how many are wrong.
-- @params  -
-- @returns replication int, wrong int
-- @locks   none
select
  (count(*) filter (where 'replication' = any (database) and auth_method <> 'reject'))::int as replication,
  (count(*) filter (where error is not null))::int as wrong
from pg_hba_file_rules
