-- Metrics of the whole market over time: in each bucket and per source the last value that each metric has.
-- Metrics that are not asked for are null. Half-open buckets labelled by their start; weeks begin on Monday. The change is against the bucket just before, null
-- when that has no capitalisation. oldest_source_age tells how long before the end of the bucket (or of what is known of
-- it) the oldest of these last values was made.
-- @params  metrics text[], exchange_id text null, from timestamptz, to timestamptz, every interval,
--          calendar text null, tz text, now timestamptz
-- @returns exchange_id text, timestamp timestamptz, total_market_cap numeric null, total_volume numeric null,
--          btc_dominance numeric null, eth_dominance numeric null, active_cryptocurrencies int null, markets int null,
--          market_cap_change float8 null, n_obs bigint, oldest_source_age float8, partial boolean
-- @locks   AccessShareLock
with observed as (
  select a.*, extract(epoch from a.timestamp) as second,
         case when :calendar::text is null then date_bin(:every::interval, a.timestamp, timestamptz '2000-01-03 00:00:00+00')
              else arxdb.calendar_start(:calendar::text, a.timestamp, :tz::text) end as bucket
    from arxdb.analytics a
    where a.timestamp >= :from::timestamptz and a.timestamp < :to::timestamptz
      and (:exchange_id::text is null or a.exchange_id = :exchange_id::text)
),
buckets as (
  select exchange_id, bucket, count(*) as n_obs,
         max(array[second, total_market_cap]) filter (where total_market_cap is not null and 'total_market_cap' = any(:metrics::text[])) as cap,
         max(array[second, total_volume]) filter (where total_volume is not null and 'total_volume' = any(:metrics::text[])) as volume,
         max(array[second, btc_dominance]) filter (where btc_dominance is not null and 'btc_dominance' = any(:metrics::text[])) as btc,
         max(array[second, eth_dominance]) filter (where eth_dominance is not null and 'eth_dominance' = any(:metrics::text[])) as eth,
         max(array[second, active_cryptocurrencies]) filter (where active_cryptocurrencies is not null and 'active_cryptocurrencies' = any(:metrics::text[])) as active,
         max(array[second, markets]) filter (where markets is not null and 'markets' = any(:metrics::text[])) as traded,
         case when :calendar::text is null then bucket + :every::interval
              else arxdb.clock(date_trunc(:calendar::text, bucket at time zone :tz::text) + :every::interval, :tz::text) end as ends
    from observed
    group by exchange_id, bucket
),
compared as (
  select *, case when lag(ends) over source = bucket then (lag(cap) over source)[2] end as cap_before
    from buckets
    window source as (partition by exchange_id order by bucket)
)
select exchange_id, bucket as timestamp, cap[2] as total_market_cap, volume[2] as total_volume,
       btc[2] as btc_dominance, eth[2] as eth_dominance, active[2]::int as active_cryptocurrencies,
       traded[2]::int as markets, ((cap[2] - cap_before) / nullif(cap_before, 0))::float8 as market_cap_change, n_obs,
       (extract(epoch from least(ends, :to::timestamptz, :now::timestamptz))
         - least(cap[1], volume[1], btc[1], eth[1], active[1], traded[1]))::float8 as oldest_source_age,
       bucket < :from::timestamptz or ends > least(:to::timestamptz, :now::timestamptz) as partial
  from compared
  where num_nonnulls(cap, volume, btc, eth, active, traded) > 0
  order by exchange_id, bucket
