-- Time-weighted average of a column per bucket: the last value holds until the next one, or until it is stale.
-- @params  bucket interval, from timestamptz, to timestamptz, staleness interval
-- @returns time timestamptz, series text[], value numeric null, coverage float8, n bigint
-- @locks   AccessShareLock
with source as not materialized (
  select timestamp as at, price as value, array[market_id::text] as series from arxdb.prices
),
bounds as (
  -- What is not over yet has no average yet.
  select :from::timestamptz as lower, least(:to::timestamptz, now()) as upper
),
spans as (
  -- Of several values at one moment the highest holds; the others last no time at all.
  select s.series, s.at, s.value, greatest(s.at, b.lower) as since,
         least(lead(s.at) over (partition by s.series order by s.at, s.value), s.at + :staleness::interval, b.upper) as until
  from source s
  cross join bounds b
  where s.at > :from::timestamptz - :staleness::interval and s.at < least(:to::timestamptz, now())
    and s.value is not null
),
pieces as (
  select p.series, start,
         p.value * greatest(0, extract(epoch from least(p.until, start + :bucket::interval) - greatest(p.since, start)))
           as area,
         greatest(0, extract(epoch from least(p.until, start + :bucket::interval) - greatest(p.since, start))) as seconds,
         p.at >= greatest(start, b.lower) as observed
  from spans p
  cross join bounds b
  cross join lateral generate_series(
    date_bin(:bucket::interval, p.since, timestamptz '2000-01-03 00:00:00+00'),
    greatest(p.until - interval '1 microsecond', p.since),
    :bucket::interval) as start
  where p.at >= b.lower or p.until > b.lower
),
grid as (
  select start
  from bounds b
  cross join lateral generate_series(
    date_bin(:bucket::interval, b.lower, timestamptz '2000-01-03 00:00:00+00'),
    b.upper - interval '1 microsecond', :bucket::interval) as start
)
select
  g.start as time,
  k.series,
  -- Divided last, so that no rounding is summed.
  trim_scale(round(sum(p.area) / nullif(sum(p.seconds), 0), 18)) as value,
  round(coalesce(sum(p.seconds), 0)
    / extract(epoch from least(g.start + :bucket::interval, b.upper) - greatest(g.start, b.lower)), 9)::float8 as coverage,
  count(*) filter (where p.observed) as n
from grid g
cross join bounds b
cross join (select distinct series from pieces) k
left join pieces p on p.series = k.series and p.start = g.start
group by g.start, k.series, b.lower, b.upper
order by g.start, k.series
