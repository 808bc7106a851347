-- What is there per market: first and last observation, how many, and how many a market without gaps would have. Counted
-- from hours and days rolled up, or from raw rows, as `rollups/spans` says.
-- @params  span_markets int[], span_widths int[], span_since timestamptz[], span_until timestamptz[], from timestamptz,
--          to timestamptz
-- @returns coin_id text, exchange_id text, quote text, timeframe text, first_at timestamptz, last_at timestamptz,
--          n_obs bigint, expected bigint null, coverage float8 null
-- @locks   AccessShareLock
with spans as (
  select s.market_id, s.width, s.since, s.until, m.timeframe = 'tick' as ticks
    from unnest(:span_markets::int[], :span_widths::int[], :span_since::timestamptz[], :span_until::timestamptz[])
      as s(market_id, width, since, until)
    join arxdb.markets m using (market_id)
),
counted as (
  select market_id, sum(n)::bigint as n_obs
    from (
      select s.market_id, sum(r.n) as n
        from spans s
        join arxdb.rollups r on r.market_id = s.market_id and r.width = s.width
          and r.bucket >= s.since and r.bucket < s.until
        where s.width > 0
        group by s.market_id
      union all
      select s.market_id, count(*)
        from spans s
        join arxdb.prices p on p.market_id = s.market_id and p.timestamp >= s.since and p.timestamp < s.until
          -- Says nothing new, but to the planner: a compressed chunk is asked for these segments, in place of unpacking all.
          and p.market_id = any(:span_markets::int[])
        where s.width = 0 and s.ticks
        group by s.market_id
      union all
      select s.market_id, count(*)
        from spans s
        join arxdb.candles c on c.market_id = s.market_id and c.timestamp >= s.since and c.timestamp < s.until
          -- Says nothing new, but to the planner: a compressed chunk is asked for these segments, in place of unpacking all.
          and c.market_id = any(:span_markets::int[])
        where s.width = 0 and not s.ticks
        group by s.market_id
    ) parts
    group by market_id
)
select m.coin_id, m.exchange_id, m.quote, m.timeframe, f.first_at, f.last_at, n.n_obs,
       w.expected, (n.n_obs::numeric / w.expected)::float8 as coverage
  from counted n
  join arxdb.markets m using (market_id)
  cross join lateral (
    select min(timestamp) as first_at, max(timestamp) as last_at from (
      (select timestamp from arxdb.prices where m.timeframe = 'tick' and market_id = n.market_id
        and timestamp >= :from::timestamptz and timestamp < :to::timestamptz order by timestamp limit 1)
      union all
      (select timestamp from arxdb.prices where m.timeframe = 'tick' and market_id = n.market_id
        and timestamp >= :from::timestamptz and timestamp < :to::timestamptz order by timestamp desc limit 1)
      union all
      (select timestamp from arxdb.candles where m.timeframe <> 'tick' and market_id = n.market_id
        and timestamp >= :from::timestamptz and timestamp < :to::timestamptz order by timestamp limit 1)
      union all
      (select timestamp from arxdb.candles where m.timeframe <> 'tick' and market_id = n.market_id
        and timestamp >= :from::timestamptz and timestamp < :to::timestamptz order by timestamp desc limit 1)
    ) ends
  ) f
  cross join lateral (
    select (extract(epoch from f.last_at - f.first_at) / arxdb.timeframe_seconds(m.timeframe))::bigint + 1 as expected
  ) w
  where n.n_obs > 0
  order by m.coin_id, m.exchange_id, m.quote, arxdb.timeframe_seconds(m.timeframe) nulls first
