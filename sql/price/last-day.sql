-- The last price of each of the 24 hours that end at a moment, per market, oldest first; null where an hour brought none.
-- A candle's close belongs to the hour in which its bar ends; bars longer than a month are left out.
-- @params  markets int[], at timestamptz
-- @returns market_id int, closes float8[]
-- @locks   AccessShareLock
select k.market_id, array_agg(p.price::float8 order by h.n desc) as closes
  from unnest(:markets::int[]) as k(market_id)
  join arxdb.markets m using (market_id)
  cross join lateral (select make_interval(secs => arxdb.timeframe_seconds(m.timeframe)) as width) w
  cross join generate_series(0, 23) as h(n)
  cross join lateral (select :at::timestamptz - make_interval(hours => h.n) as ends) e
  left join lateral (
    (select price from arxdb.prices
      where m.timeframe = 'tick' and market_id = k.market_id
        and timestamp <= e.ends and timestamp > e.ends - interval '1 hour'
        -- Says nothing new, but to the planner: one partition in place of all.
        and timestamp <= :at::timestamptz and timestamp > :at::timestamptz - interval '1 day'
      order by timestamp desc limit 1)
    union all
    (select close from arxdb.candles
      where m.timeframe <> 'tick' and market_id = k.market_id
        and timestamp <= e.ends - w.width and timestamp > e.ends - w.width - interval '1 hour'
        and timestamp <= :at::timestamptz and timestamp > :at::timestamptz - interval '32 days'
      order by timestamp desc limit 1)
  ) p on true
  group by k.market_id
