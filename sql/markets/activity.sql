-- First and last observation of each market inside a window, or from where its price still counts in it: two index probes
-- a market, no rows counted.
-- @params  markets int[], since timestamptz[], to timestamptz
-- @returns market_id int, first_at timestamptz, last_at timestamptz
-- @locks   AccessShareLock
select k.market_id, coalesce(p1.timestamp, c1.timestamp) as first_at, coalesce(p2.timestamp, c2.timestamp) as last_at
  from unnest(:markets::int[], :since::timestamptz[]) as k(market_id, since)
  join arxdb.markets m using (market_id)
  left join lateral (select timestamp from arxdb.prices where m.timeframe = 'tick' and market_id = k.market_id
    and timestamp >= k.since and timestamp < :to::timestamptz order by timestamp limit 1) p1 on true
  left join lateral (select timestamp from arxdb.prices where m.timeframe = 'tick' and market_id = k.market_id
    and timestamp >= k.since and timestamp < :to::timestamptz order by timestamp desc limit 1) p2 on true
  left join lateral (select timestamp from arxdb.candles where m.timeframe <> 'tick' and market_id = k.market_id
    and timestamp >= k.since and timestamp < :to::timestamptz order by timestamp limit 1) c1 on true
  left join lateral (select timestamp from arxdb.candles where m.timeframe <> 'tick' and market_id = k.market_id
    and timestamp >= k.since and timestamp < :to::timestamptz order by timestamp desc limit 1) c2 on true
  where coalesce(p1.timestamp, c1.timestamp) is not null
