-- Slope of ln(close) over days by least squares, and the simple means of the last closes, per market.
-- From whole bars only. The means go over so many bars as there are, those before the window included; the line over the
-- bars inside. One row at the last bar, or with `each` one a bar. `closes` are the last so many, for recursive filters.
-- @params  markets int[], span_markets int[], span_widths int[], span_since timestamptz[], span_until timestamptz[],
--          since timestamptz, to timestamptz, every interval, calendar text null, tz text, fast int, slow int, keep int,
--          each boolean
-- @returns market_id int, timestamp timestamptz, close numeric, sma_fast float8 null, sma_slow float8 null, side int,
--          cross_at timestamptz null, slope float8 null, r float8 null, n bigint, n_read bigint, closes float8[],
--          source_age float8
-- @locks   AccessShareLock
with asked as (
  select m.market_id, m.timeframe = 'tick' as ticks, arxdb.timeframe_seconds(m.timeframe) as seconds
    from arxdb.markets m
    where m.market_id = any(:markets::int[])
),
spans as (
  select s.market_id, s.width, s.since, s.until, a.ticks
    from unnest(:span_markets::int[], :span_widths::int[], :span_since::timestamptz[], :span_until::timestamptz[])
      as s(market_id, width, since, until)
    join asked a using (market_id)
),
pieces as (
  select s.market_id, r.first_at as at, r.last_at, r.close
    from spans s
    join arxdb.rollups r on r.market_id = s.market_id and r.width = s.width
      and r.bucket >= s.since and r.bucket < s.until
    where s.width > 0
  union all
  select s.market_id, p.timestamp, p.timestamp, p.price
    from spans s
    join arxdb.prices p on p.market_id = s.market_id and p.timestamp >= s.since and p.timestamp < s.until
      -- Says nothing new, but to the planner: a compressed chunk is asked for these segments, in place of unpacking all.
      and p.market_id = any(:span_markets::int[])
    where s.width = 0 and s.ticks
  union all
  select s.market_id, c.timestamp, c.timestamp, c.close
    from spans s
    join arxdb.candles c on c.market_id = s.market_id and c.timestamp >= s.since and c.timestamp < s.until
      -- Says nothing new, but to the planner: a compressed chunk is asked for these segments, in place of unpacking all.
      and c.market_id = any(:span_markets::int[])
    where s.width = 0 and not s.ticks
),
binned as (
  select *, case when :calendar::text is null then date_bin(:every::interval, at, timestamptz '2000-01-03 00:00:00+00')
                 else arxdb.calendar_start(:calendar::text, at, :tz::text) end as bucket
    from pieces
),
bars as (
  select market_id, bucket, (max(array[extract(epoch from at), close]))[2] as close, max(last_at) as last_at
    from binned
    group by market_id, bucket
),
means as (
  select *, case when place >= :fast::int then avg(close) over f end as sma_fast,
         case when place >= :slow::int then avg(close) over s end as sma_slow
    from (select *, row_number() over (partition by market_id order by bucket) as place,
                 row_number() over (partition by market_id order by bucket desc) as from_last,
                 count(*) over (partition by market_id) as n_read from bars) b
    window f as (partition by market_id order by bucket rows between :fast::int - 1 preceding and current row),
           s as (partition by market_id order by bucket rows between :slow::int - 1 preceding and current row)
),
sides as (
  select *, coalesce(sign(sma_fast - sma_slow), 0)::int as side from means
),
-- Equal means are no side, and what comes after them crosses only if it is the other one.
runs as (
  select *, nullif(count(nullif(side, 0)) over (partition by market_id order by bucket), 0) as run from sides
),
crossings as (
  select *, case when side <> 0 and side = -lag(held) over (partition by market_id order by bucket) then bucket end as crossed
    from (select *, max(side) filter (where side <> 0) over (partition by market_id, run) as held from runs) h
),
inside as (
  select *, ln((close / first_value(close) over m)::float8) as y, extract(epoch from bucket - :since::timestamptz)::float8 / 86400 as x
    from crossings
    where bucket >= :since::timestamptz
    window m as (partition by market_id order by bucket)
),
lines as (
  select *, regr_slope(y, x) over m as slope, corr(y, x) over m as r, count(*) over m as n,
         max(crossed) over (partition by market_id order by bucket) as cross_at
    from inside
    window m as (partition by market_id)
),
kept as (
  select market_id, array_agg(close::float8 order by bucket) as closes
    from means
    where from_last <= :keep::int
    group by market_id
)
select l.market_id, l.bucket as timestamp, l.close, l.sma_fast::float8 as sma_fast, l.sma_slow::float8 as sma_slow, l.side,
       l.cross_at, l.slope, l.r, l.n, l.n_read, case when l.from_last = 1 then k.closes else '{}' end as closes,
       extract(epoch from :to::timestamptz - l.last_at - make_interval(secs => coalesce(a.seconds, 0)))::float8 as source_age
  from lines l
  join asked a using (market_id)
  join kept k using (market_id)
  where :each::boolean or l.from_last = 1
  order by l.market_id, l.bucket
