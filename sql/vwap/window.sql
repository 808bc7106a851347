-- Volume-weighted average price over one window from candles, per market and combined per quote.
-- The price of a bar is (high + low + close) / 3, its weight the base volume. A bar without volume is left out and shows
-- in volume_coverage. The combined figure weighs every venue by what it traded.
-- @params  markets int[], from timestamptz, to timestamptz
-- @returns market_id int null, exchange_id text null, quote text, vwap numeric null, volume numeric null,
--          volume_coverage float8 null, coverage float8, n_obs bigint
-- @locks   AccessShareLock
with bars as (
  select k.market_id, c.volume, c.volume * (c.high + c.low + c.close) as turnover_x3,
         extract(epoch from least(c.timestamp + make_interval(secs => arxdb.timeframe_seconds(m.timeframe)),
           :to::timestamptz) - c.timestamp) as seconds
    from unnest(:markets::int[]) as k(market_id)
    join arxdb.markets m using (market_id)
    join arxdb.candles c on c.market_id = k.market_id
      and c.timestamp >= :from::timestamptz and c.timestamp < :to::timestamptz
),
per_market as (
  select m.market_id, m.exchange_id, m.quote, e.kind = 'venue' as venue,
         sum(b.turnover_x3) as turnover_x3, sum(b.volume) as volume, count(b.volume) as with_volume,
         count(b.seconds) as n_obs,
         coalesce(sum(b.seconds) / extract(epoch from :to::timestamptz - :from::timestamptz), 0) as coverage
    from unnest(:markets::int[]) as k(market_id)
    join arxdb.markets m using (market_id)
    join arxdb.exchanges e using (exchange_id)
    left join bars b on b.market_id = k.market_id
    group by m.market_id, e.kind
),
answers as (
  select market_id, exchange_id, quote, turnover_x3, volume, with_volume, n_obs, coverage from per_market
  union all
  select null, null, quote, sum(turnover_x3), sum(volume), sum(with_volume)::bigint, sum(n_obs)::bigint, avg(coverage)
    from per_market
    where venue and volume > 0
    group by quote
)
select market_id, exchange_id, quote,
       trim_scale(round(round(turnover_x3, 24) / (3 * nullif(volume, 0)), 18)) as vwap, volume,
       (with_volume::numeric / nullif(n_obs, 0))::float8 as volume_coverage, coverage::float8 as coverage, n_obs
  from answers
  order by quote, exchange_id nulls last
