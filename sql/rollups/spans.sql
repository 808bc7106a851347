-- From what a window is answered: days and hours rolled up, and the raw rows (width 0) where these do not serve.
-- A rollup serves when it lies inside the window, when nothing in it changed since, when staleness does not matter (null),
-- is the usual one or was never reached in it, and when its rows are there still: those of a dropped chunk are not.
-- @params  markets int[], staleness interval[] null, from timestamptz, to timestamptz, grain int
-- @returns market_id int, width int, since timestamptz, until timestamptz
-- @locks   AccessShareLock
with asked as materialized (
  select k.market_id, nullif(k.staleness, arxdb.default_staleness(m.timeframe)) as staleness, f.timestamp as first_at, coalesce(d.ranges, '{}') as dirty
    from unnest(:markets::int[], :staleness::interval[]) as k(market_id, staleness)
    join arxdb.markets m using (market_id)
    cross join lateral (
      (select timestamp from arxdb.prices
        where m.timeframe = 'tick' and market_id = k.market_id
          and timestamp >= :from::timestamptz and timestamp < :to::timestamptz order by timestamp limit 1)
      union all
      (select timestamp from arxdb.candles
        where m.timeframe <> 'tick' and market_id = k.market_id
          and timestamp >= :from::timestamptz and timestamp < :to::timestamptz order by timestamp limit 1)
    ) f
    cross join lateral (
      select range_agg(tstzrange(since, until)) as ranges from arxdb.rollup_dirty
        where market_id = k.market_id and since < :to::timestamptz and until > :from::timestamptz
    ) d
),
days as materialized (
  select a.market_id, a.staleness, a.first_at, a.dirty,
         coalesce(range_agg(r.span), '{}') as spans,
         tstzmultirange(tstzrange(:from::timestamptz, :to::timestamptz)) - coalesce(range_agg(r.span), '{}') as rest
    from asked a
    left join lateral (
      select tstzrange(bucket, bucket + interval '1 day') as span from arxdb.rollups
        where market_id = a.market_id and width = 86400 and :grain::int >= 86400
          and bucket >= :from::timestamptz and bucket <= :to::timestamptz - interval '1 day'
          and (a.staleness is null or max_gap <= a.staleness) and first_at >= a.first_at
          and not a.dirty && tstzrange(bucket, bucket + interval '1 day')
        -- Keeps the planner from reading all hours there are and comparing afterwards.
        offset 0
    ) r on true
    group by a.market_id, a.staleness, a.first_at, a.dirty
),
hours as materialized (
  select d.market_id, d.spans as days, d.rest, coalesce(range_agg(r.span), '{}') as spans
    from days d
    left join lateral unnest(d.rest) as part on true
    left join lateral (
      select tstzrange(bucket, bucket + interval '1 hour') as span from arxdb.rollups
        where market_id = d.market_id and width = 3600 and :grain::int >= 3600
          and bucket >= lower(part) and bucket <= upper(part) - interval '1 hour'
          and (d.staleness is null or max_gap <= d.staleness) and first_at >= d.first_at
          and not d.dirty && tstzrange(bucket, bucket + interval '1 hour')
        offset 0
    ) r on true
    group by d.market_id, d.spans, d.rest
)
select h.market_id, p.width, lower(s) as since, upper(s) as until
  from hours h
  cross join lateral (values (86400, h.days), (3600, h.spans), (0, h.rest - h.spans)) as p(width, spans)
  cross join lateral unnest(p.spans) as s
  order by market_id, since
