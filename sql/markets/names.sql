-- Every name a coin answers to, to suggest near ones.
-- @params  -
-- @returns name text
-- @locks   AccessShareLock
select coin_id as name from arxdb.coins
union
select symbol from arxdb.coins where symbol is not null
order by name
limit 20000
