-- Variance per bar by six estimators, of a window or of the last bars up to each bar, per market.
-- From whole bars only. A return exists between neighbours: what a missing bar takes away is not bridged. Rolling, each
-- frame is so many bars of the time line, and undefined when one of them lacks. Float8 from exact prices; the constraints
-- of the tables see to it that low <= open, close <= high and 0 < low.
-- @params  markets int[], span_markets int[], span_widths int[], span_since timestamptz[], span_until timestamptz[],
--          read_from timestamptz, since timestamptz, until timestamptz, to timestamptz, every interval, calendar text null,
--          tz text, estimators text[], rolling int null, mean0 boolean
-- @returns market_id int, timestamp timestamptz, estimator text, per_bar float8 null, n bigint, n_bars bigint,
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
  select s.market_id, r.first_at as at, r.last_at, r.open, r.high, r.low, r.close
    from spans s
    join arxdb.rollups r on r.market_id = s.market_id and r.width = s.width
      and r.bucket >= s.since and r.bucket < s.until
    where s.width > 0
  union all
  select s.market_id, p.timestamp, p.timestamp, p.price, p.price, p.price, p.price
    from spans s
    join arxdb.prices p on p.market_id = s.market_id and p.timestamp >= s.since and p.timestamp < s.until
      -- Says nothing new, but to the planner: a compressed chunk is asked for these segments, in place of unpacking all.
      and p.market_id = any(:span_markets::int[])
    where s.width = 0 and s.ticks
  union all
  select s.market_id, c.timestamp, c.timestamp, c.open, c.high, c.low, c.close
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
  select market_id, bucket, (min(array[extract(epoch from at), open]))[2]::float8 as open, max(high)::float8 as high,
         min(low)::float8 as low, (max(array[extract(epoch from at), close]))[2]::float8 as close, max(last_at) as last_at
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
steps as (
  select b.*, s.slot, case when lag(s.slot) over w = s.slot - 1 then lag(b.close) over w end as before
    from bars b
    join slots s using (bucket)
    window w as (partition by market_id order by s.slot)
),
terms as (
  select market_id, bucket, last_at, before is not null as adjacent, ln(close / before) as r, ln(open / before) as o,
         ln(close / open) as c, ln(high / low) ^ 2 as hl,
         0.5 * ln(high / low) ^ 2 - (2 * ln(2::float8) - 1) * ln(close / open) ^ 2 as gk,
         ln(high / close) * ln(high / open) + ln(low / close) * ln(low / open) as rs,
         -- Of the window whole all bars are peers: one frame, computed once.
         case when :rolling::int is null then 0 else slot end as place
    from steps
    where :rolling::int is not null or bucket >= :since::timestamptz
),
framed as (
  select market_id, bucket, max(bucket) over (partition by market_id) as last, max(last_at) over f as last_at,
         count(*) over f as n_bars, count(r) over f as n_returns,
         var_samp(r) over f as close, avg(r ^ 2) over f as close_mean0, avg(hl) over f as hl, avg(gk) over f as gk,
         avg(rs) over f as rs, avg(gk + o ^ 2) over f as gk_yz,
         var_samp(o) over f as overnight, var_samp(c) filter (where adjacent) over f as open_to_close,
         avg(rs) filter (where adjacent) over f as rs_adjacent
    from terms
    window f as (partition by market_id order by place
      range between (coalesce(:rolling::int, 1) - 1)::bigint preceding and current row)
),
weighed as (
  select *, 0.34 / (1.34 + (n_returns + 1)::float8 / nullif(n_returns - 1, 0)) as k from framed
)
select w.market_id, w.bucket as timestamp, e.estimator,
       case when e.n >= greatest(2, :rolling::int) then sqrt(greatest(e.variance, 0)) end as per_bar, e.n, w.n_bars,
       extract(epoch from :to::timestamptz - w.last_at - make_interval(secs => coalesce(a.seconds, 0)))::float8 as source_age
  from weighed w
  join asked a using (market_id)
  cross join lateral (values
    ('close', n_returns, case when :mean0::boolean then close_mean0 else close end),
    ('parkinson', n_bars, hl / (4 * ln(2::float8))),
    ('garman-klass', n_bars, gk),
    ('rogers-satchell', n_bars, rs),
    ('gk-yz', n_returns, gk_yz),
    ('yang-zhang', n_returns, overnight + k * open_to_close + (1 - k) * rs_adjacent)) as e(estimator, n, variance)
  where e.estimator = any(:estimators::text[]) and w.bucket >= :since::timestamptz
    and (:rolling::int is not null or w.bucket = w.last)
  order by w.market_id, w.bucket, array_position(:estimators::text[], e.estimator)
