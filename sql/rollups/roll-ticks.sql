-- Rolls the ticks of one market up into buckets that begin inside ranges.
-- @params  market_id int, width int, staleness interval, since timestamptz[], until timestamptz[]
-- @returns rolled bigint
-- @locks   RowExclusiveLock
with facts as (
  select p.timestamp, p.price, b.bucket, b.bucket + make_interval(secs => :width::int) as ends,
         lag(p.timestamp) over w as previous, lead(p.timestamp) over w as next
    from unnest(:since::timestamptz[], :until::timestamptz[]) as g(since, until)
    join arxdb.prices p on p.market_id = :market_id::int and p.timestamp >= g.since and p.timestamp < g.until
    cross join lateral (
      select date_bin(make_interval(secs => :width::int), p.timestamp, timestamptz '2000-01-01 00:00:00+00') as bucket
    ) b
    window w as (order by p.timestamp)
),
waits as (
  select *, case when next < ends then next - timestamp end as wait from facts
),
buckets as (
  select bucket, count(*) as n, min(timestamp) as first_at, max(timestamp) as last_at,
         max(price) filter (where previous is null or previous < bucket) as open, max(price) as high, min(price) as low,
         max(price) filter (where next is null or next >= ends) as close, sum(price) as price_sum, max(wait) as max_gap,
         -- Most waits are the usual one: their prices are added up, and multiplied once.
         coalesce(sum(price) filter (where wait >= :staleness::interval), 0) * extract(epoch from :staleness::interval)
           + coalesce(sum(price * extract(epoch from wait)) filter (where wait < :staleness::interval), 0) as held_price_time,
         count(*) filter (where wait >= :staleness::interval) * extract(epoch from :staleness::interval)
           + coalesce(extract(epoch from sum(wait) filter (where wait < :staleness::interval)), 0) as held_seconds,
         coalesce(sum(price * extract(epoch from wait - :staleness::interval)) filter (where wait > :staleness::interval), 0) as stale_price_time
    from waits
    group by bucket, ends
),
rolled as (
  insert into arxdb.rollups (market_id, width, bucket, n, first_at, last_at, open, high, low, close, price_sum,
      price_time, held_price_time, held_seconds, max_gap, volume, n_volume, turnover_x3)
    select :market_id::int, :width::int, bucket, n, first_at, last_at, open, high, low, close, price_sum,
           held_price_time + stale_price_time, held_price_time, held_seconds, coalesce(max_gap, '0'), null, 0, null
      from buckets
    returning 1
)
select count(*) as rolled from rolled
