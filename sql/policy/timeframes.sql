-- Timeframes that candles have, however few.
-- @params  -
-- @returns timeframe text
-- @locks   AccessShareLock
select distinct timeframe from arxdb.markets where timeframe <> 'tick' order by timeframe
