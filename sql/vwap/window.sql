-- Volume-weighted average price over a window or each bucket of it, from candles, per market and combined per quote.
-- The price of a bar is (high + low + close) / 3, its weight the base volume. A bar without volume is left out and shows
-- in volume_coverage. The combined figure weighs every venue by what it traded.
-- @params  markets int[], span_markets int[], span_widths int[], span_since timestamptz[], span_until timestamptz[],
--          from timestamptz, to timestamptz, every interval null, calendar text null, tz text
-- @returns timestamp timestamptz, market_id int null, exchange_id text null, quote text, vwap numeric null,
--          volume numeric null, volume_coverage float8 null, coverage float8, n_obs bigint, partial boolean
-- @locks   AccessShareLock
with asked as (
  select m.market_id, m.exchange_id, m.quote, e.kind = 'venue' as venue, arxdb.timeframe_seconds(m.timeframe) as seconds
    from unnest(:markets::int[]) as k(market_id)
    join arxdb.markets m using (market_id)
    join arxdb.exchanges e using (exchange_id)
),
pieces as (
  select s.market_id, r.bucket as at, r.last_at, r.turnover_x3, r.volume, r.n_volume, r.n
    from unnest(:span_markets::int[], :span_widths::int[], :span_since::timestamptz[], :span_until::timestamptz[])
      as s(market_id, width, since, until)
    cross join lateral (
      select * from arxdb.rollups
        where market_id = s.market_id and width = s.width and bucket >= s.since and bucket < s.until
        -- Keeps the planner from reading the rollups of all markets.
        offset 0
    ) r
    where s.width > 0
  union all
  select s.market_id, c.timestamp, c.timestamp, c.volume * (c.high + c.low + c.close), c.volume,
         case when c.volume is null then 0 else 1 end, 1
    from unnest(:span_markets::int[], :span_widths::int[], :span_since::timestamptz[], :span_until::timestamptz[])
      as s(market_id, width, since, until)
    join arxdb.candles c on c.market_id = s.market_id and c.timestamp >= s.since and c.timestamp < s.until
      -- Says nothing new, but to the planner: the partitions of the window, in place of all.
      and c.timestamp >= :from::timestamptz and c.timestamp < :to::timestamptz
      -- Nor does this: a compressed chunk is asked for these segments, in place of unpacking all.
      and c.market_id = any(:span_markets::int[])
    where s.width = 0
),
per_bucket as (
  select market_id,
         case when :every::interval is null then :from::timestamptz
              when :calendar::text is null then date_bin(:every::interval, at, timestamptz '2000-01-03 00:00:00+00')
              else arxdb.calendar_start(:calendar::text, at, :tz::text) end as bucket,
         sum(turnover_x3) as turnover_x3, sum(volume) as volume, sum(n_volume) as n_volume, sum(n) as n_obs,
         max(last_at) as last_at
    from pieces
    group by 1, 2
),
grid as (
  select date_bin(every, :from::timestamptz, timestamptz '2000-01-03 00:00:00+00') as first, every
    from (select case when :calendar::text is null then :every::interval end as every) e
),
buckets as (
  select bucket, greatest(bucket, :from::timestamptz) as since, least(ends, :to::timestamptz) as until,
         bucket < :from::timestamptz or ends > :to::timestamptz as partial
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
per_market as (
  select b.bucket, b.partial, a.market_id, a.exchange_id, a.quote, a.venue, p.turnover_x3, p.volume,
         coalesce(p.n_volume, 0) as n_volume, coalesce(p.n_obs, 0) as n_obs,
         -- The last bar may reach beyond the end.
         coalesce((p.n_obs * a.seconds
           - greatest(0, extract(epoch from p.last_at + make_interval(secs => a.seconds) - b.until)))
           / extract(epoch from b.until - b.since), 0) as coverage
    from asked a
    cross join buckets b
    left join per_bucket p on p.market_id = a.market_id and p.bucket = b.bucket
),
answers as (
  select bucket, partial, market_id, exchange_id, quote, turnover_x3, volume, n_volume, n_obs, coverage from per_market
  union all
  select bucket, partial, null, null, quote, sum(turnover_x3), sum(volume), sum(n_volume), sum(n_obs), avg(coverage)
    from per_market
    where venue and volume > 0
    group by bucket, partial, quote
)
select bucket as timestamp, market_id, exchange_id, quote,
       trim_scale(round(round(turnover_x3, 24) / (3 * nullif(volume, 0)), 18)) as vwap, volume,
       (n_volume::numeric / nullif(n_obs, 0))::float8 as volume_coverage, coverage::float8 as coverage,
       n_obs::bigint as n_obs, partial
  from answers
  order by quote, exchange_id nulls last, timestamp
