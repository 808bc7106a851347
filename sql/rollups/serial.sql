-- For the rest of the transaction no parallel workers: to start them takes longer than to read a few thousand rollups,
-- and the planner, who does not know how short the raw ends are, would.
-- @params  -
-- @returns workers text
-- @locks   -
select set_config('max_parallel_workers_per_gather', '0', true) as workers
