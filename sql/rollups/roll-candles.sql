-- Rolls the candles of one market up into buckets that begin inside ranges.
-- @params  market_id int, width int, staleness interval, since timestamptz[], until timestamptz[]
-- @returns rolled bigint
-- @locks   RowExclusiveLock
with facts as (
  select c.timestamp, c.open, c.high, c.low, c.close, c.volume, b.bucket,
         b.bucket + make_interval(secs => :width::int) as ends,
         lag(c.timestamp) over w as previous, lead(c.timestamp) over w as next
    from unnest(:since::timestamptz[], :until::timestamptz[]) as g(since, until)
    join arxdb.candles c on c.market_id = :market_id::int and c.timestamp >= g.since and c.timestamp < g.until
    cross join lateral (
      select date_bin(make_interval(secs => :width::int), c.timestamp, timestamptz '2000-01-01 00:00:00+00') as bucket
    ) b
    window w as (order by c.timestamp)
),
waits as (
  select *, case when next < ends then next - timestamp end as wait from facts
),
buckets as (
  select bucket, count(*) as n, min(timestamp) as first_at, max(timestamp) as last_at,
         max(open) filter (where previous is null or previous < bucket) as open, max(high) as high, min(low) as low,
         max(close) filter (where next is null or next >= ends) as close, sum(close) as price_sum, max(wait) as max_gap,
         -- Most waits are the usual one: their prices are added up, and multiplied once.
         coalesce(sum(close) filter (where wait >= :staleness::interval), 0) * extract(epoch from :staleness::interval)
           + coalesce(sum(close * extract(epoch from wait)) filter (where wait < :staleness::interval), 0) as held_price_time,
         count(*) filter (where wait >= :staleness::interval) * extract(epoch from :staleness::interval)
           + coalesce(extract(epoch from sum(wait) filter (where wait < :staleness::interval)), 0) as held_seconds,
         coalesce(sum(close * extract(epoch from wait - :staleness::interval)) filter (where wait > :staleness::interval), 0) as stale_price_time,
         sum(volume) as volume, count(volume) as n_volume, sum(volume * (high + low + close)) as turnover_x3
    from waits
    group by bucket, ends
),
rolled as (
  insert into arxdb.rollups (market_id, width, bucket, n, first_at, last_at, open, high, low, close, price_sum,
      price_time, held_price_time, held_seconds, max_gap, volume, n_volume, turnover_x3)
    select :market_id::int, :width::int, bucket, n, first_at, last_at, open, high, low, close, price_sum,
           held_price_time + stale_price_time, held_price_time, held_seconds, coalesce(max_gap, '0'), volume, n_volume, turnover_x3
      from buckets
    returning 1
)
select count(*) as rolled from rolled
