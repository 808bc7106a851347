-- Background jobs and continuous aggregates: none without TimescaleDB.
-- @params  -
-- @returns kind text, line text
-- @locks   none
select ''::text as kind, ''::text as line where false
