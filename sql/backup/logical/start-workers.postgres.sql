-- Has the server's scheduler look after this database: here there is none.
-- @params  -
-- @returns started boolean
-- @locks   -
select null::boolean as started where false
