-- Ranges whose rollups wait to be made anew, up to a hundred thousand; they are numbered as they were noted.
-- @params  -
-- @returns waiting bigint, oldest bigint null, newest bigint null, since timestamptz null, until timestamptz null,
--          markets bigint
-- @locks   AccessShareLock
select count(*) as waiting, min(dirty_id) as oldest, max(dirty_id) as newest, min(since) as since, max(until) as until,
       count(distinct market_id) as markets
  from (select dirty_id, market_id, since, until from arxdb.rollup_dirty order by dirty_id limit 100000) d
