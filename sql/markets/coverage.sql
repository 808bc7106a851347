-- What is there per market: first and last observation, how many, and how many a market without gaps would have.
-- @params  coins text[] null, exchange_id text null, from timestamptz null, to timestamptz null
-- @returns coin_id text, exchange_id text, quote text, timeframe text, first_at timestamptz, last_at timestamptz,
--          n_obs bigint, expected bigint null, coverage float8 null
-- @locks   AccessShareLock
select m.coin_id, m.exchange_id, m.quote, m.timeframe, f.first_at, f.last_at, f.n_obs,
       w.expected, (f.n_obs::numeric / w.expected)::float8 as coverage
  from arxdb.markets m
  cross join lateral (
    select min(timestamp) as first_at, max(timestamp) as last_at, count(*) as n_obs from (
      select timestamp from arxdb.prices where m.timeframe = 'tick' and market_id = m.market_id
        and (:from::timestamptz is null or timestamp >= :from::timestamptz)
        and (:to::timestamptz is null or timestamp < :to::timestamptz)
      union all
      select timestamp from arxdb.candles where m.timeframe <> 'tick' and market_id = m.market_id
        and (:from::timestamptz is null or timestamp >= :from::timestamptz)
        and (:to::timestamptz is null or timestamp < :to::timestamptz)
    ) facts
  ) f
  cross join lateral (
    select (extract(epoch from f.last_at - f.first_at) / arxdb.timeframe_seconds(m.timeframe))::bigint + 1 as expected
  ) w
  where f.n_obs > 0
    and (:coins::text[] is null or m.coin_id = any(:coins::text[]))
    and (:exchange_id::text is null or m.exchange_id = :exchange_id::text)
  order by m.coin_id, m.exchange_id, m.quote, arxdb.timeframe_seconds(m.timeframe) nulls first
