-- From what a window is answered: days and hours rolled up, and the raw rows (width 0) where these do not serve.
-- A rollup serves when it lies inside the window, when nothing in it changed since, when staleness does not matter (null),
-- is the usual one or was never reached in it, and when its rows are there still: those of a dropped chunk are not. Raw
-- are the ends of the window, what changed, and what was stale. Where there is neither a rollup nor a change there are no
-- rows, so that a hole costs nothing.
-- @params  markets int[], staleness interval[] null, from timestamptz, to timestamptz, grain int
-- @returns market_id int, width int, since timestamptz, until timestamptz
-- @locks   AccessShareLock
with asked as materialized (
  select k.market_id, nullif(k.staleness, arxdb.default_staleness(m.timeframe)) as staleness, f.timestamp as first_at,
         arxdb.rollup_width(m.timeframe) as finest, coalesce(d.ranges, '{}') as dirty
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
  select a.*, coalesce(range_agg(r.span) filter (where r.serves), '{}') as days,
         coalesce(range_agg(r.span) filter (where not r.serves), '{}') as poor_days,
         tstzmultirange(tstzrange(:from::timestamptz, :to::timestamptz))
           - coalesce(range_agg(r.span) filter (where r.serves), '{}') as rest
    from asked a
    left join lateral (
      select tstzrange(bucket, bucket + interval '1 day') as span,
             (a.staleness is null or max_gap <= a.staleness) and first_at >= a.first_at
               and not a.dirty && tstzrange(bucket, bucket + interval '1 day') as serves
        from arxdb.rollups
        where market_id = a.market_id and width = 86400 and :grain::int >= 86400
          and bucket >= :from::timestamptz and bucket <= :to::timestamptz - interval '1 day'
        -- Keeps the planner from reading all hours there are and comparing afterwards.
        offset 0
    ) r on true
    group by a.market_id, a.staleness, a.first_at, a.finest, a.dirty
),
hours as materialized (
  select d.market_id, d.finest, d.dirty, d.days, d.poor_days, d.rest,
         coalesce(range_agg(r.span) filter (where r.serves), '{}') as hours,
         coalesce(range_agg(r.span) filter (where not r.serves), '{}') as poor_hours
    from days d
    left join lateral unnest(d.rest) as part on d.finest = 3600
    left join lateral (
      select tstzrange(bucket, bucket + interval '1 hour') as span,
             (d.staleness is null or max_gap <= d.staleness) and first_at >= d.first_at
               and not d.dirty && tstzrange(bucket, bucket + interval '1 hour') as serves
        from arxdb.rollups
        where market_id = d.market_id and width = 3600 and :grain::int >= 3600
          and bucket >= lower(part) and bucket <= upper(part) - interval '1 hour'
        offset 0
    ) r on true
    group by d.market_id, d.finest, d.dirty, d.days, d.poor_days, d.rest
),
raw as (
  select h.*, case
           when h.finest is null or h.finest > :grain::int then tstzmultirange(tstzrange(:from::timestamptz, :to::timestamptz))
           else h.rest * (h.dirty + e.ends + case h.finest when 3600 then h.poor_hours else h.poor_days end) end as raw
    from hours h
    cross join lateral (select make_interval(secs => h.finest) as step, timestamptz '2000-01-01 00:00:00+00' as origin) g
    cross join lateral (
      -- The bucket in which the window begins, and the one in which it ends.
      select tstzmultirange(
        tstzrange(date_bin(g.step, :from::timestamptz, g.origin), date_bin(g.step, :from::timestamptz, g.origin) + g.step),
        tstzrange(date_bin(g.step, :to::timestamptz, g.origin), date_bin(g.step, :to::timestamptz, g.origin) + g.step)) as ends
    ) e
)
select r.market_id, p.width, lower(s) as since, upper(s) as until
  from raw r
  cross join lateral (values (86400, r.days), (3600, r.hours), (0, r.raw - r.hours)) as p(width, spans)
  cross join lateral unnest(p.spans) as s
  order by market_id, since
