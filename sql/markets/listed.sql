-- Markets of all coins.
-- @params  exchange_id text null
-- @returns market_id int, exchange_id text, venue boolean, quote text, timeframe text, seconds int null
-- @locks   AccessShareLock
select m.market_id, m.exchange_id, e.kind = 'venue' as venue, m.quote, m.timeframe,
       arxdb.timeframe_seconds(m.timeframe) as seconds
  from arxdb.markets m
  join arxdb.exchanges e using (exchange_id)
  where :exchange_id::text is null or m.exchange_id = :exchange_id::text
  order by m.market_id
