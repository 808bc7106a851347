-- Candles of any width from stored candles that divide it.
-- Buckets are labelled by their start; weeks begin on Monday. With a calendar unit (day, week, month) buckets follow the
-- zone's own days. A bar is partial when the window or the present cuts it.
-- @params  markets int[], from timestamptz, to timestamptz, every interval, calendar text null, tz text, now timestamptz
-- @returns market_id int, timestamp timestamptz, open numeric, high numeric, low numeric, close numeric,
--          volume numeric null, n_obs bigint, coverage float8, partial boolean
-- @locks   AccessShareLock
with bars as (
  select c.*, arxdb.timeframe_seconds(m.timeframe) as seconds,
         case when :calendar::text is null then date_bin(:every::interval, c.timestamp, timestamptz '2000-01-03 00:00:00+00')
              else date_trunc(:calendar::text, c.timestamp, :tz::text) end as bucket
    from unnest(:markets::int[]) as k(market_id)
    join arxdb.markets m using (market_id)
    join arxdb.candles c on c.market_id = k.market_id
      and c.timestamp >= :from::timestamptz and c.timestamp < :to::timestamptz
),
buckets as (
  select market_id, bucket,
         (min(array[extract(epoch from timestamp), open]))[2] as open, max(high) as high, min(low) as low,
         (max(array[extract(epoch from timestamp), close]))[2] as close, sum(volume) as volume, count(*) as n_obs,
         sum(seconds) as seconds,
         case when :calendar::text is null then bucket + :every::interval
              else ((bucket at time zone :tz::text) + :every::interval) at time zone :tz::text end as ends
    from bars
    group by market_id, bucket
)
select market_id, bucket as timestamp, open, high, low, close, volume, n_obs,
       (seconds / extract(epoch from ends - bucket))::float8 as coverage,
       bucket < :from::timestamptz or ends > least(:to::timestamptz, :now::timestamptz) as partial
  from buckets
  order by market_id, bucket
