-- The newest bar or tick of each market inside a window: one index probe a market in each chunk of it, the newest first.
-- @params  markets int[], ticks boolean[], from timestamptz, to timestamptz
-- @returns market_id int, newest_at timestamptz, age float8
-- @locks   AccessShareLock
select k.market_id, f.timestamp as newest_at, extract(epoch from now() - f.timestamp)::float8 as age
  from unnest(:markets::int[], :ticks::boolean[]) as k(market_id, ticks)
  cross join lateral (
    (select timestamp from arxdb.prices
      where k.ticks and market_id = k.market_id and timestamp >= :from::timestamptz and timestamp < :to::timestamptz
      order by timestamp desc limit 1)
    union all
    (select timestamp from arxdb.candles
      where not k.ticks and market_id = k.market_id and timestamp >= :from::timestamptz and timestamp < :to::timestamptz
      order by timestamp desc limit 1)
  ) f
