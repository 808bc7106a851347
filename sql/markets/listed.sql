-- Markets of some coins, or of all.
-- @params  coins text[] null, exchange_id text null
-- @returns market_id int, exchange_id text, venue boolean, quote text, timeframe text, seconds int null
-- @locks   AccessShareLock
select m.market_id, m.exchange_id, e.kind = 'venue' as venue, m.quote, m.timeframe,
       arxdb.timeframe_seconds(m.timeframe) as seconds
  from arxdb.markets m
  join arxdb.exchanges e using (exchange_id)
  where (:coins::text[] is null or m.coin_id = any(:coins::text[]))
    and (:exchange_id::text is null or m.exchange_id = :exchange_id::text)
  order by m.market_id
