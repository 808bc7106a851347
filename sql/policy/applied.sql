-- The policies that were applied.
-- @params  -
-- @returns table_name text, policy jsonb, applied_at timestamptz, applied_by text
-- @locks   AccessShareLock
select table_name, policy, applied_at, applied_by from arxdb.policies order by table_name
