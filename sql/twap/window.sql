-- Time-weighted average price over a window or each bucket of it, per market and combined per quote.
-- Each price holds until the next one, or until it is stale; a candle's close holds for its own bar. The price from
-- before a bucket is carried into it. The combined figure is the mean over venues, never one pooled stream of ticks.
-- A piece is a price, or a rolled up hour or day: what its prices did between its first and its last, and that last one.
-- @params  markets int[], staleness interval[], span_markets int[], span_widths int[], span_since timestamptz[],
--          span_until timestamptz[], from timestamptz, to timestamptz, every interval null, calendar text null, tz text
-- @returns timestamp timestamptz, market_id int null, exchange_id text null, quote text, twap numeric null,
--          coverage float8, n_obs bigint, carried_in boolean, source_age float8 null, partial boolean
-- @locks   AccessShareLock
with asked as (
  select k.market_id, k.staleness, m.exchange_id, m.quote, e.kind = 'venue' as venue, m.timeframe = 'tick' as ticks,
         k.staleness = arxdb.default_staleness(m.timeframe) as usual
    from unnest(:markets::int[], :staleness::interval[]) as k(market_id, staleness)
    join arxdb.markets m using (market_id)
    join arxdb.exchanges e using (exchange_id)
),
spans as (
  select s.market_id, s.width, s.since, s.until, a.ticks, a.usual
    from unnest(:span_markets::int[], :span_widths::int[], :span_since::timestamptz[], :span_until::timestamptz[])
      as s(market_id, width, since, until)
    join asked a using (market_id)
),
pieces as (
  select s.market_id, r.first_at as at, r.last_at, r.close as price, r.n,
         case when s.usual then r.held_price_time else r.price_time end as price_time,
         case when s.usual then r.held_seconds else extract(epoch from r.last_at - r.first_at) end as seconds
    from spans s
    cross join lateral (
      select * from arxdb.rollups
        where market_id = s.market_id and width = s.width and bucket >= s.since and bucket < s.until
        -- Keeps the planner from reading the rollups of all markets.
        offset 0
    ) r
    where s.width > 0
  union all
  select s.market_id, p.timestamp, p.timestamp, p.price, 1, 0, 0
    from spans s
    join arxdb.prices p on p.market_id = s.market_id and p.timestamp >= s.since and p.timestamp < s.until
      -- Says nothing new, but to the planner: the partitions of the window, in place of all.
      and p.timestamp >= :from::timestamptz and p.timestamp < :to::timestamptz
      -- Nor does this: a compressed chunk is asked for these segments, in place of unpacking all.
      and p.market_id = any(:span_markets::int[])
    where s.width = 0 and s.ticks
  union all
  select s.market_id, c.timestamp, c.timestamp, c.close, 1, 0, 0
    from spans s
    join arxdb.candles c on c.market_id = s.market_id and c.timestamp >= s.since and c.timestamp < s.until
      -- Says nothing new, but to the planner: the partitions of the window, in place of all.
      and c.timestamp >= :from::timestamptz and c.timestamp < :to::timestamptz
      -- Nor does this: a compressed chunk is asked for these segments, in place of unpacking all.
      and c.market_id = any(:span_markets::int[])
    where s.width = 0 and not s.ticks
  union all
  select a.market_id, p.timestamp, p.timestamp, p.price, 0, 0, 0
    from asked a
    cross join lateral (
      (select timestamp, price from arxdb.prices
        where a.ticks and market_id = a.market_id and timestamp < :from::timestamptz
          and timestamp > :from::timestamptz - a.staleness
        order by timestamp desc limit 1)
      union all
      (select timestamp, close from arxdb.candles
        where not a.ticks and market_id = a.market_id and timestamp < :from::timestamptz
          and timestamp > :from::timestamptz - a.staleness
        order by timestamp desc limit 1)
    ) p
),
grid as (
  select date_bin(every, :from::timestamptz, timestamptz '2000-01-03 00:00:00+00') as first, every
    from (select case when :calendar::text is null then :every::interval end as every) e
),
buckets as (
  select row_number() over (order by bucket) as number, bucket, greatest(bucket, :from::timestamptz) as since,
         least(ends, :to::timestamptz) as until, bucket < :from::timestamptz or ends > :to::timestamptz as partial
    from (
      select :from::timestamptz as bucket, :to::timestamptz as ends
        where :every::interval is null
      union all
      select bucket, bucket + grid.every
        from grid
        cross join lateral generate_series(grid.first, :to::timestamptz - interval '1 microsecond', grid.every) as bucket
      union all
      select arxdb.clock(local, :tz::text), arxdb.clock(local + :every::interval, :tz::text)
        from generate_series(date_trunc(:calendar::text, :from::timestamptz at time zone :tz::text),
          (:to::timestamptz - interval '1 microsecond') at time zone :tz::text, :every::interval) as local
    ) b
),
-- Where a bucket begins the price before goes on: a point without a price of its own.
points as (
  select market_id, at, last_at, price, n, price_time, seconds, false as begins from pieces
  union all
  select a.market_id, b.since, null, null, 0, 0, 0, true from asked a cross join buckets b
),
ordered as (
  select *, count(price) over w as run, count(*) filter (where begins) over w as number,
         lead(at, 1, :to::timestamptz) over (partition by market_id order by at, begins desc) as next_at
    from points
    window w as (partition by market_id order by at, begins desc rows unbounded preceding)
),
carried as (
  select market_id, number, n, price_time, seconds, begins, next_at, case when begins then at else last_at end as since,
         first_value(price) over r as price, first_value(last_at) over r as source_at
    from ordered
    window r as (partition by market_id, run order by at, begins desc)
),
held as (
  select c.*, greatest(0, extract(epoch from least(c.next_at, c.source_at + a.staleness) - c.since)) as hold
    from carried c
    join asked a using (market_id)
    where c.number > 0 and c.price is not null
),
per_market as (
  -- Divided last and in numeric, so that a figure composed from parts equals the one from raw rows to the last digit.
  select market_id, number, round(round(sum(price_time + price * hold), 24) / nullif(sum(seconds + hold), 0), 18) as twap,
         sum(seconds + hold) as seconds, sum(n) as n_obs, bool_or(begins and hold > 0) as carried_in,
         max(source_at) as source_at
    from held
    group by market_id, number
),
named as (
  select b.bucket, b.partial, a.market_id, a.exchange_id, a.quote, a.venue, p.twap, coalesce(p.n_obs, 0) as n_obs,
         coalesce(p.seconds / extract(epoch from b.until - b.since), 0) as coverage,
         coalesce(p.carried_in, false) as carried_in,
         extract(epoch from b.until - p.source_at) as source_age
    from asked a
    cross join buckets b
    left join per_market p on p.market_id = a.market_id and p.number = b.number
)
select bucket as timestamp, market_id, exchange_id, quote, trim_scale(twap) as twap, coverage::float8 as coverage,
       n_obs, carried_in, source_age::float8 as source_age, partial
  from named
union all
select bucket, null, null, quote, trim_scale(round(round(sum(twap), 24) / count(twap), 18)), avg(coverage)::float8,
       sum(n_obs)::bigint, bool_or(carried_in), max(source_age)::float8, partial
  from named
  where venue and twap is not null
  group by bucket, partial, quote
order by quote, exchange_id nulls last, timestamp
