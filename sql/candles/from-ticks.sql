-- Candles of any width from ticks.
-- Two ticks at one moment cannot be: the key forbids it, so the first and the last are certain. A tick feed's 24 h
-- volume is no bar's volume, so there is none.
-- @params  markets int[], from timestamptz, to timestamptz, every interval, calendar text null, tz text, now timestamptz
-- @returns market_id int, timestamp timestamptz, open numeric, high numeric, low numeric, close numeric,
--          volume numeric null, n_obs bigint, coverage float8 null, partial boolean
-- @locks   AccessShareLock
with ticks as (
  select p.market_id, p.timestamp, p.price,
         case when :calendar::text is null then date_bin(:every::interval, p.timestamp, timestamptz '2000-01-03 00:00:00+00')
              else date_trunc(:calendar::text, p.timestamp, :tz::text) end as bucket
    from arxdb.prices p
    where p.market_id = any(:markets::int[])
      and p.timestamp >= :from::timestamptz and p.timestamp < :to::timestamptz
),
buckets as (
  select market_id, bucket,
         (min(array[extract(epoch from timestamp), price]))[2] as open, max(price) as high, min(price) as low,
         (max(array[extract(epoch from timestamp), price]))[2] as close, count(*) as n_obs,
         case when :calendar::text is null then bucket + :every::interval
              else ((bucket at time zone :tz::text) + :every::interval) at time zone :tz::text end as ends
    from ticks
    group by market_id, bucket
)
select market_id, bucket as timestamp, open, high, low, close, null::numeric as volume, n_obs, null::float8 as coverage,
       bucket < :from::timestamptz or ends > least(:to::timestamptz, :now::timestamptz) as partial
  from buckets
  order by market_id, bucket
