-- Candles of any width from ticks or from stored candles that divide it, rolled up or raw as `rollups/spans` says.
-- Buckets are labelled by their start; weeks begin on Monday. With a calendar unit (day, week, month) buckets follow the
-- zone's own days. A bar is partial when the window or the present cuts it. The average is the mean of the prices in it
-- (closes, from stored candles). A tick feed's 24 h volume is no bar's volume, so there is none. With `fill` an empty
-- bucket has a row as well: nulls, or the close before it in all four prices if that was known within `staleness`.
-- @params  markets int[], span_markets int[], span_widths int[], span_since timestamptz[], span_until timestamptz[], from timestamptz,
--          to timestamptz, every interval, calendar text null, tz text, now timestamptz,
--          fill text, staleness interval
-- @returns market_id int, timestamp timestamptz, open numeric null, high numeric null, low numeric null,
--          close numeric null, average numeric null, volume numeric null, n_obs bigint, coverage float8 null,
--          partial boolean, filled boolean
-- @locks   AccessShareLock
with asked as (
  select m.market_id, m.timeframe = 'tick' as ticks, arxdb.timeframe_seconds(m.timeframe) as seconds
    from arxdb.markets m
    where m.market_id = any(:markets::int[])
),
spans as (
  select s.market_id, s.width, s.since, s.until, a.ticks
    from unnest(:span_markets::int[], :span_widths::int[], :span_since::timestamptz[], :span_until::timestamptz[])
      as s(market_id, width, since, until)
    join asked a using (market_id)
),
pieces as (
  select s.market_id, r.first_at as at, r.last_at, r.open, r.high, r.low, r.close, r.price_sum, r.volume, r.n
    from spans s
    cross join lateral (
      select * from arxdb.rollups
        where market_id = s.market_id and width = s.width and bucket >= s.since and bucket < s.until
        -- Keeps the planner from reading the rollups of all markets.
        offset 0
    ) r
    where s.width > 0
  union all
  select s.market_id, p.timestamp, p.timestamp, p.price, p.price, p.price, p.price, p.price, null, 1
    from spans s
    join arxdb.prices p on p.market_id = s.market_id and p.timestamp >= s.since and p.timestamp < s.until
      -- Says nothing new, but to the planner: the partitions of the window, in place of all.
      and p.timestamp >= :from::timestamptz and p.timestamp < :to::timestamptz
      -- Nor does this: a compressed chunk is asked for these segments, in place of unpacking all.
      and p.market_id = any(:span_markets::int[])
    where s.width = 0 and s.ticks
  union all
  select s.market_id, c.timestamp, c.timestamp, c.open, c.high, c.low, c.close, c.close, c.volume, 1
    from spans s
    join arxdb.candles c on c.market_id = s.market_id and c.timestamp >= s.since and c.timestamp < s.until
      -- Says nothing new, but to the planner: the partitions of the window, in place of all.
      and c.timestamp >= :from::timestamptz and c.timestamp < :to::timestamptz
      -- Nor does this: a compressed chunk is asked for these segments, in place of unpacking all.
      and c.market_id = any(:span_markets::int[])
    where s.width = 0 and not s.ticks
),
binned as (
  select *, case when :calendar::text is null then date_bin(:every::interval, at, timestamptz '2000-01-03 00:00:00+00')
                 else arxdb.calendar_start(:calendar::text, at, :tz::text) end as bucket
    from pieces
),
bars as (
  select market_id, bucket, (min(array[extract(epoch from at), open]))[2] as open, max(high) as high, min(low) as low,
         (max(array[extract(epoch from at), close]))[2] as close, sum(price_sum) as price_sum, sum(volume) as volume,
         sum(n) as n_obs, max(last_at) as last_at
    from binned
    group by market_id, bucket
),
grid as (
  select date_bin(every, :from::timestamptz, timestamptz '2000-01-03 00:00:00+00') as first, every
    from (select case when :calendar::text is null then :every::interval end as every) e
),
buckets as (
  select bucket from grid cross join lateral generate_series(grid.first, :to::timestamptz - interval '1 microsecond', grid.every) as bucket
    where :fill::text <> 'none' and :calendar::text is null
  union all
  select arxdb.clock(local, :tz::text)
    from generate_series(date_trunc(:calendar::text, :from::timestamptz at time zone :tz::text),
      (:to::timestamptz - interval '1 microsecond') at time zone :tz::text, :every::interval) as local
    where :fill::text <> 'none'
),
before as (
  select a.market_id, p.close, p.known_at
    from asked a
    cross join lateral (
      (select price as close, timestamp as known_at from arxdb.prices
        where a.ticks and market_id = a.market_id and timestamp < :from::timestamptz
          and timestamp >= :from::timestamptz - :staleness::interval
        order by timestamp desc limit 1)
      union all
      (select close, timestamp + make_interval(secs => a.seconds) from arxdb.candles
        where not a.ticks and market_id = a.market_id and timestamp < :from::timestamptz
          and timestamp >= :from::timestamptz - :staleness::interval - make_interval(secs => a.seconds)
        order by timestamp desc limit 1)
    ) p
    where :fill::text = 'prev'
),
spread as (
  select market_id, bucket, b.open, b.high, b.low, b.close, b.price_sum, b.volume, b.n_obs,
         b.last_at + make_interval(secs => coalesce(a.seconds, 0)) as known_at, a.ticks, a.seconds,
         count(b.close) over (partition by market_id order by bucket) as run
    from bars b
    full join (select market_id, bucket from asked cross join buckets) g using (market_id, bucket)
    join asked a using (market_id)
),
told as (
  select s.*, case when :calendar::text is null then s.bucket + :every::interval
                   else arxdb.clock(date_trunc(:calendar::text, s.bucket at time zone :tz::text) + :every::interval, :tz::text) end as ends,
         case when s.close is null and :fill::text = 'prev' and k.known_at > s.bucket - :staleness::interval
           then k.close end as held
    from (select *, first_value(close) over r as run_close, first_value(known_at) over r as run_known_at
            from spread window r as (partition by market_id, run order by bucket)) s
    left join before b on b.market_id = s.market_id and s.run = 0
    cross join lateral (select coalesce(s.run_close, b.close) as close,
                               coalesce(s.run_known_at, b.known_at) as known_at) k
)
select market_id, bucket as timestamp, coalesce(open, held) as open, coalesce(high, held) as high,
       coalesce(low, held) as low, coalesce(close, held) as close,
       coalesce(trim_scale(round(round(price_sum, 24) / n_obs, 18)), held) as average,
       coalesce(volume, case when held is not null and not ticks then 0 end) as volume, coalesce(n_obs, 0) as n_obs,
       (coalesce(n_obs, 0) * seconds / extract(epoch from ends - bucket))::float8 as coverage,
       bucket < :from::timestamptz or ends > least(:to::timestamptz, :now::timestamptz) as partial,
       close is null as filled
  from told
  order by market_id, bucket
