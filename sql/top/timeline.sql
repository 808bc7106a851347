-- What came in and what was kept, newest first: imports, and runs of the policy.
-- @params  -
-- @returns at timestamptz, what text, outcome text, seconds float8 null, detail text null
-- @locks   AccessShareLock
(select started_at as at, 'ingest'::text as what, state as outcome, null::float8 as seconds,
        format('%s rows into %s from %s', inserted, target, coalesce(file_name, source)) as detail
   from arxdb.imports order by import_id desc limit 100)
union all
(select began_at, 'policy run', case when error is not null then 'failed' when ended_at is null then 'running' else 'ok' end,
        extract(epoch from ended_at - began_at)::float8, error
   from arxdb.policy_runs order by run_id desc limit 100)
order by at desc
limit 100
