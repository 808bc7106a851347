-- How many bars lack between the first and the last one that each market has in a window of its own; those that lack most.
-- @params  markets int[], since timestamptz[], from timestamptz, to timestamptz
-- @returns market_id int, bars bigint, expected bigint, first_at timestamptz
-- @locks   AccessShareLock
select k.market_id, f.bars, w.expected, f.first_at
  from unnest(:markets::int[], :since::timestamptz[]) as k(market_id, since)
  join arxdb.markets m using (market_id)
  cross join lateral (
    select count(*) as bars, min(timestamp) as first_at, max(timestamp) as last_at from arxdb.candles
      where market_id = k.market_id and timestamp >= k.since and timestamp >= :from::timestamptz and timestamp < :to::timestamptz
  ) f
  cross join lateral (
    select round(extract(epoch from f.last_at - f.first_at) / arxdb.timeframe_seconds(m.timeframe))::bigint + 1 as expected
  ) w
  where w.expected > f.bars
  order by f.bars::float8 / w.expected, w.expected desc
  limit 50
