-- The newest price of each market known at one moment, however old.
-- @params  markets int[], at timestamptz
-- @returns market_id int, timestamp timestamptz, age float8
-- @locks   AccessShareLock
select k.market_id, p.timestamp, extract(epoch from :at::timestamptz - p.timestamp)::float8 as age
  from unnest(:markets::int[]) as k(market_id)
  join arxdb.markets m using (market_id)
  cross join lateral (select make_interval(secs => arxdb.timeframe_seconds(m.timeframe)) as width) w
  cross join lateral (
    (select timestamp from arxdb.prices
      where m.timeframe = 'tick' and market_id = k.market_id and timestamp <= :at::timestamptz
      order by timestamp desc limit 1)
    union all
    (select timestamp + w.width from arxdb.candles
      where m.timeframe <> 'tick' and market_id = k.market_id and timestamp <= :at::timestamptz - w.width
      order by timestamp desc limit 1)
  ) p
