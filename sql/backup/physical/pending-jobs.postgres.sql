-- Background jobs of this database: without TimescaleDB there are none.
-- @params  -
-- @returns job text, relation text null, config text null, next_start timestamptz null, scheduled boolean
-- @locks   none
select null::text as job, null::text as relation, null::text as config, null::timestamptz as next_start,
       false as scheduled
 where false
