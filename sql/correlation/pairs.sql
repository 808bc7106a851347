-- Pearson correlation and beta of log returns, for every pair of markets asked for, in one pass over the bars.
-- From whole bars that both have, each return a single step: nothing is filled forward, and no hole is bridged.
-- @params  span_markets int[], span_widths int[], span_since timestamptz[], span_until timestamptz[],
--          read_from timestamptz, since timestamptz, until timestamptz, every interval, calendar text null, tz text,
--          pairs_x int[], pairs_y int[]
-- @returns x int, y int, correlation float8 null, beta float8 null, n bigint, missing bigint
-- @locks   AccessShareLock
with spans as (
  select s.market_id, s.width, s.since, s.until, m.timeframe = 'tick' as ticks
    from unnest(:span_markets::int[], :span_widths::int[], :span_since::timestamptz[], :span_until::timestamptz[])
      as s(market_id, width, since, until)
    join arxdb.markets m using (market_id)
),
pieces as (
  select s.market_id, r.first_at as at, r.close
    from spans s
    join arxdb.rollups r on r.market_id = s.market_id and r.width = s.width
      and r.bucket >= s.since and r.bucket < s.until
    where s.width > 0
  union all
  select s.market_id, p.timestamp, p.price
    from spans s
    join arxdb.prices p on p.market_id = s.market_id and p.timestamp >= s.since and p.timestamp < s.until
    where s.width = 0 and s.ticks
  union all
  select s.market_id, c.timestamp, c.close
    from spans s
    join arxdb.candles c on c.market_id = s.market_id and c.timestamp >= s.since and c.timestamp < s.until
    where s.width = 0 and not s.ticks
),
binned as (
  select *, case when :calendar::text is null then date_bin(:every::interval, at, timestamptz '2000-01-03 00:00:00+00')
                 else date_trunc(:calendar::text, at, :tz::text) end as bucket
    from pieces
),
bars as (
  select market_id, bucket, (max(array[extract(epoch from at), close]))[2]::float8 as close
    from binned
    group by market_id, bucket
),
slots as (
  select s.slot, s.bucket
    from (select case when :calendar::text is null then :every::interval end as every) e
    cross join lateral generate_series(:read_from::timestamptz, :until::timestamptz - interval '1 microsecond', e.every)
      with ordinality as s(bucket, slot)
  union all
  select s.slot, s.local at time zone :tz::text
    from generate_series(date_trunc(:calendar::text, :read_from::timestamptz at time zone :tz::text),
      (:until::timestamptz at time zone :tz::text) - interval '1 microsecond', :every::interval)
      with ordinality as s(local, slot)
),
steps as (
  select b.market_id, b.bucket, s.slot,
         case when lag(s.slot) over w = s.slot - 1 then ln(b.close / lag(b.close) over w) end as r
    from bars b
    join slots s using (bucket)
    window w as (partition by market_id order by s.slot)
),
returns as materialized (
  select market_id, slot, r from steps where bucket >= :since::timestamptz
),
sizes as materialized (
  select market_id, count(*) as n from returns group by market_id
),
pairs as (
  select x.market_id as x, y.market_id as y, corr(y.r, x.r) as correlation, regr_slope(y.r, x.r) as beta,
         regr_count(y.r, x.r) as n, count(*) as both
    from unnest(:pairs_x::int[], :pairs_y::int[]) as p(x, y)
    join returns x on x.market_id = p.x
    join returns y on y.market_id = p.y and y.slot = x.slot
    group by x.market_id, y.market_id
)
select p.x, p.y, c.correlation, c.beta, coalesce(c.n, 0) as n,
       coalesce(sx.n, 0) + coalesce(sy.n, 0) - 2 * coalesce(c.both, 0) as missing
  from (select distinct x, y from unnest(:pairs_x::int[], :pairs_y::int[]) as p(x, y)) p
  left join pairs c on c.x = p.x and c.y = p.y
  left join sizes sx on sx.market_id = p.x
  left join sizes sy on sy.market_id = p.y
  order by p.x, p.y
