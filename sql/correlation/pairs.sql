-- Pearson correlation and beta of log returns, for every pair of markets asked for, in one pass over the bars.
-- From whole bars that both have, each return a single step: nothing is filled forward, and no hole is bridged.
-- @params  span_markets int[], span_widths int[], span_since timestamptz[], span_until timestamptz[],
--          read_from timestamptz, since timestamptz, until timestamptz, every interval, calendar text null, tz text,
--          pairs_x int[], pairs_y int[]
-- @returns x int, y int, correlation float8 null, beta float8 null, n bigint, missing bigint
-- @locks   AccessShareLock
with spans as (
  select s.market_id, s.width, s.since, s.until, m.timeframe = 'tick' as ticks
    from unnest(:span_markets::int[], :span_widths::int[], :span_since::timestamptz[], :span_until::timestamptz[])
      as s(market_id, width, since, until)
    join arxdb.markets m using (market_id)
),
pieces as (
  select s.market_id, r.first_at as at, r.close
    from spans s
    join arxdb.rollups r on r.market_id = s.market_id and r.width = s.width
      and r.bucket >= s.since and r.bucket < s.until
    where s.width > 0
  union all
  select s.market_id, p.timestamp, p.price
    from spans s
    join arxdb.prices p on p.market_id = s.market_id and p.timestamp >= s.since and p.timestamp < s.until
      -- Says nothing new, but to the planner: a compressed chunk is asked for these segments, in place of unpacking all.
      and p.market_id = any(:span_markets::int[])
    where s.width = 0 and s.ticks
  union all
  select s.market_id, c.timestamp, c.close
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
  select market_id, bucket, (max(array[extract(epoch from at), close]))[2]::float8 as close
    from binned
    group by market_id, bucket
),
slots as (
  select s.slot, s.bucket
    from (select case when :calendar::text is null then :every::interval end as every) e
    cross join lateral generate_series(:read_from::timestamptz, :until::timestamptz - interval '1 microsecond', e.every)
      with ordinality as s(bucket, slot)
  union all
  select s.slot, arxdb.clock(s.local, :tz::text)
    from generate_series(date_trunc(:calendar::text, :read_from::timestamptz at time zone :tz::text),
      (:until::timestamptz at time zone :tz::text) - interval '1 microsecond', :every::interval)
      with ordinality as s(local, slot)
),
-- Every market with every slot, so that two arrays stand side by side: a join by slot would leave it to guesses of the
-- planner whether it joins the markets of a pair first, or all with all.
steps as materialized (
  select m.market_id, s.slot, b.close is not null as there, ln(b.close / lag(b.close) over w) as r,
         s.bucket >= :since::timestamptz as inside
    from (select distinct market_id from spans) m
    cross join slots s
    left join bars b on b.market_id = m.market_id and b.bucket = s.bucket
    window w as (partition by m.market_id order by s.slot)
),
series as materialized (
  select market_id, array_agg(r order by slot) as returns, array_agg(there order by slot) as there
    from steps
    where inside
    group by market_id
)
select p.x, p.y, case when c.x_varies and c.y_varies then c.correlation end as correlation,
       case when c.x_varies then c.beta end as beta, c.n, c.missing
  from (select distinct x, y from unnest(:pairs_x::int[], :pairs_y::int[]) as p(x, y)) p
  join series x on x.market_id = p.x
  join series y on y.market_id = p.y
  cross join lateral (
    select corr(r.y, r.x) as correlation, regr_slope(r.y, r.x) as beta, regr_count(r.y, r.x) as n,
           count(*) filter (where r.x_there <> r.y_there) as missing,
           -- What is left of equal returns is rounding, and correlates with anything.
           regr_sxx(r.y, r.x) > 1e-24 * regr_count(r.y, r.x) * regr_avgx(r.y, r.x) ^ 2 as x_varies,
           regr_syy(r.y, r.x) > 1e-24 * regr_count(r.y, r.x) * regr_avgy(r.y, r.x) ^ 2 as y_varies
      from unnest(x.returns, y.returns, x.there, y.there) as r(x, y, x_there, y_there)
  ) c
  order by p.x, p.y
