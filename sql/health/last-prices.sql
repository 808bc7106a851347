-- The newest price of each market in a window, and of the few before it their median and how far they usually are from it.
-- @params  markets int[], ticks boolean[], from timestamptz, to timestamptz, before int
-- @returns market_id int, newest_at timestamptz, age float8, price float8, before bigint, median float8 null,
--          usual float8 null
-- @locks   AccessShareLock
with bar as materialized (
  select k.market_id, f.timestamp, f.price, row_number() over (partition by k.market_id order by f.timestamp desc) as back
    from unnest(:markets::int[], :ticks::boolean[]) as k(market_id, ticks)
    cross join lateral (
      (select timestamp, price::float8 as price from arxdb.prices
        where k.ticks and market_id = k.market_id and timestamp >= :from::timestamptz and timestamp < :to::timestamptz
        order by timestamp desc limit :before::int + 1)
      union all
      (select timestamp, close::float8 from arxdb.candles
        where not k.ticks and market_id = k.market_id and timestamp >= :from::timestamptz and timestamp < :to::timestamptz
        order by timestamp desc limit :before::int + 1)
    ) f
),
told as (
  select market_id, max(timestamp) filter (where back = 1) as newest_at, max(price) filter (where back = 1) as price,
         count(*) filter (where back > 1) as before,
         percentile_cont(0.5) within group (order by price) filter (where back > 1) as median
    from bar
    group by market_id
)
select t.market_id, t.newest_at, extract(epoch from now() - t.newest_at)::float8 as age, t.price, t.before, t.median, s.usual
  from told t
  left join (
    -- Of relative distances: a price that doubled is as far as one that halved.
    select b.market_id, percentile_cont(0.5) within group (order by abs(ln(b.price / t.median))) as usual
      from bar b
      join told t using (market_id)
      where b.back > 1
      group by b.market_id
  ) s using (market_id)
