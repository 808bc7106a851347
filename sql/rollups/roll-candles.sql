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
  select *, case when next < ends then next - timestamp end as wait,
         case when next < ends then extract(epoch from least(next - timestamp, :staleness::interval)) end as held
    from facts
),
rolled as (
  insert into arxdb.rollups (market_id, width, bucket, n, first_at, last_at, open, high, low, close, price_sum,
      price_time, held_price_time, held_seconds, max_gap, volume, n_volume, turnover_x3)
    select :market_id::int, :width::int, bucket, count(*), min(timestamp), max(timestamp),
           max(open) filter (where previous is null or previous < bucket), max(high), min(low),
           max(close) filter (where next is null or next >= ends), sum(close),
           coalesce(sum(close * extract(epoch from wait)), 0), coalesce(sum(close * held), 0), coalesce(sum(held), 0),
           coalesce(max(wait), '0'),
           sum(volume), count(volume), sum(volume * (high + low + close))
      from waits
      group by bucket, ends
    returning 1
)
select count(*) as rolled from rolled
