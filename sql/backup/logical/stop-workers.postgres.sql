-- Has the server's scheduler leave this database alone: here there is none.
-- @params  -
-- @returns stopped boolean
-- @locks   -
select null::boolean as stopped where false
