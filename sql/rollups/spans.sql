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
        where m.timeframe = 'tick' and market_id = k.market_id order by timestamp limit 1)
      union all
      (select timestamp from arxdb.candles
        where m.timeframe <> 'tick' and market_id = k.market_id order by timestamp limit 1)
    ) f
    cross join lateral (
      select range_agg(tstzrange(since, until)) as ranges from arxdb.rollup_dirty
        where market_id = k.market_id and since < :to::timestamptz and until > :from::timestamptz
    ) d
),
usable as materialized (
  select a.market_id, r.width, tstzrange(r.bucket, r.bucket + make_interval(secs => r.width)) as span
    from asked a
    join arxdb.rollups r on r.market_id = a.market_id and r.width <= :grain::int
      and r.bucket >= :from::timestamptz and r.bucket <= :to::timestamptz - make_interval(secs => r.width)
    where (a.staleness is null or r.max_gap <= a.staleness) and r.first_at >= a.first_at
      and not a.dirty && tstzrange(r.bucket, r.bucket + make_interval(secs => r.width))
),
days as materialized (
  select a.market_id, coalesce(range_agg(u.span), '{}') as spans
    from asked a left join usable u on u.market_id = a.market_id and u.width = 86400
    group by a.market_id
),
hours as materialized (
  select d.market_id, d.spans as days, coalesce(range_agg(u.span), '{}') as spans
    from days d left join usable u on u.market_id = d.market_id and u.width = 3600 and not d.spans && u.span
    group by d.market_id, d.spans
)
select h.market_id, p.width, lower(s) as since, upper(s) as until
  from hours h
  cross join lateral (values
    (86400, h.days), (3600, h.spans),
    (0, tstzmultirange(tstzrange(:from::timestamptz, :to::timestamptz)) - h.days - h.spans)) as p(width, spans)
  cross join lateral unnest(p.spans) as s
  order by market_id, since
