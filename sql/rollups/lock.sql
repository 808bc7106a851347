-- One refresh at a time: whoever computed a bucket first must not store it last. Sorts of a stretch stay in memory.
-- @params  -
-- @returns locked boolean, work_mem text
-- @locks   advisory
select pg_try_advisory_xact_lock(hashtextextended('arxdb.rollups', 0)) as locked,
       set_config('work_mem', '64MB', true) as work_mem
