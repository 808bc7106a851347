-- Candle markets of whose rows some have expired by their timeframe, each with the moment before which it keeps nothing
-- and its oldest row, which is older.
-- @params  timeframes text[], cutoffs timestamptz[]
-- @returns market_id int, timeframe text, cutoff timestamptz, oldest timestamptz
-- @locks   AccessShareLock
select m.market_id, m.timeframe, e.cutoff, f.timestamp as oldest
  from unnest(:timeframes::text[], :cutoffs::timestamptz[]) as e(timeframe, cutoff)
  join arxdb.markets m using (timeframe)
  cross join lateral (
    select timestamp from arxdb.candles
      where market_id = m.market_id and timestamp < e.cutoff order by timestamp limit 1
  ) f
  order by f.timestamp
