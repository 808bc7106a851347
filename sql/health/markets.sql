-- Markets, and what their bars are.
-- @params  -
-- @returns market_id int, coin_id text, quote text, exchange_id text, venue boolean, timeframe text, seconds int null
-- @locks   AccessShareLock
select m.market_id, m.coin_id, m.quote, m.exchange_id, e.kind = 'venue' as venue, m.timeframe,
       arxdb.timeframe_seconds(m.timeframe) as seconds
  from arxdb.markets m
  join arxdb.exchanges e using (exchange_id)
  order by m.market_id
  limit 100000
