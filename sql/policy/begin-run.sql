-- Writes down that a run began; of old ones a thousand are kept.
-- @params  host text
-- @returns run_id bigint
-- @locks   RowExclusiveLock
with old as (
  delete from arxdb.policy_runs
    where run_id < (select run_id from arxdb.policy_runs order by run_id desc offset 1000 limit 1)
)
insert into arxdb.policy_runs (host) values (:host::text) returning run_id
