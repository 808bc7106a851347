-- Rolls the hours of one market up into the days that ranges touch. The bridge from an hour's last price to the next
-- hour's first is part of the day.
-- @params  market_id int, staleness interval, since timestamptz[], until timestamptz[]
-- @returns rolled bigint
-- @locks   RowExclusiveLock
with touched as (
  select distinct day
    from unnest(:since::timestamptz[], :until::timestamptz[]) as g(since, until)
    cross join lateral generate_series(date_bin('1 day', g.since, timestamptz '2000-01-01 00:00:00+00'),
      g.until - interval '1 microsecond', interval '1 day') as day
),
hours as (
  select r.*, t.day, lag(r.last_at) over w as previous, lead(r.first_at) over w as next
    from touched t
    join arxdb.rollups r on r.market_id = :market_id::int and r.width = 3600
      and r.bucket >= t.day and r.bucket < t.day + interval '1 day'
    window w as (partition by t.day order by r.bucket)
),
waits as (
  select *, next - last_at as wait,
         case when next is not null then extract(epoch from least(next - last_at, :staleness::interval)) end as held
    from hours
),
rolled as (
  insert into arxdb.rollups (market_id, width, bucket, n, first_at, last_at, open, high, low, close, price_sum,
      price_time, held_price_time, held_seconds, max_gap, volume, n_volume, turnover_x3)
    select :market_id::int, 86400, day, sum(n), min(first_at), max(last_at), max(open) filter (where previous is null),
           max(high), min(low), max(close) filter (where next is null), sum(price_sum),
           sum(price_time) + coalesce(sum(close * extract(epoch from wait)), 0),
           sum(held_price_time) + coalesce(sum(close * held), 0), sum(held_seconds) + coalesce(sum(held), 0),
           greatest(max(max_gap), max(wait)), sum(volume), sum(n_volume), sum(turnover_x3)
      from waits
      group by day
    returning 1
)
select count(*) as rolled from rolled
