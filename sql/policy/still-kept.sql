-- Whether any candle of a stretch of time belongs to a timeframe that is still kept: asked under the lock that keeps new
-- ones out, before the stretch is dropped.
-- @params  timeframes text[], since timestamptz, until timestamptz
-- @returns kept boolean
-- @locks   AccessShareLock
select exists (
  select from arxdb.markets m
    cross join lateral (
      select from arxdb.candles c
        where c.market_id = m.market_id and c.timestamp >= :since::timestamptz and c.timestamp < :until::timestamptz limit 1
    ) f
    where m.timeframe <> 'tick' and m.timeframe <> all (:timeframes::text[])
) as kept
