-- The newest runs of policies, and the newest that came to its end.
-- @params  -
-- @returns run_id bigint, host text, began_at timestamptz, ended_at timestamptz null, error text null
-- @locks   AccessShareLock
(select run_id, host, began_at, ended_at, error from arxdb.policy_runs order by run_id desc limit 1)
union
(select run_id, host, began_at, ended_at, error from arxdb.policy_runs
  where ended_at is not null and error is null order by run_id desc limit 1)
order by run_id desc
