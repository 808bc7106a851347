-- The price of each market as it was known at one moment, no older than allowed.
-- A tick is known when it happens, a candle's close when its bar ends: no look-ahead.
-- @params  markets int[], at timestamptz, tick_staleness interval, candle_staleness interval null, reach interval
-- @returns market_id int, price numeric, timestamp timestamptz, age float8
-- @locks   AccessShareLock
select k.market_id, p.price, p.timestamp, extract(epoch from :at::timestamptz - p.timestamp)::float8 as age
  from unnest(:markets::int[]) as k(market_id)
  join arxdb.markets m using (market_id)
  cross join lateral (select make_interval(secs => arxdb.timeframe_seconds(m.timeframe)) as width) w
  cross join lateral (
    (select price, timestamp from arxdb.prices
      where m.timeframe = 'tick' and market_id = k.market_id
        and timestamp <= :at::timestamptz and timestamp > :at::timestamptz - :tick_staleness::interval
      order by timestamp desc limit 1)
    union all
    (select close, timestamp + w.width from arxdb.candles
      where m.timeframe <> 'tick' and market_id = k.market_id and timestamp <= :at::timestamptz - w.width
        and timestamp > :at::timestamptz - w.width - coalesce(:candle_staleness::interval, w.width)
        -- The longest of these: says nothing new, but to the planner, who then leaves the other partitions alone.
        and timestamp <= :at::timestamptz and timestamp > :at::timestamptz - :reach::interval
      order by timestamp desc limit 1)
  ) p
