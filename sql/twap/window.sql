-- Time-weighted average price over one window, per market and combined per quote.
-- Each price holds until the next one, or until it is stale; a candle's close holds for its own bar. The price from
-- before the window is carried in. The combined figure is the mean over venues, never one pooled stream of ticks.
-- @params  tick_markets int[], tick_staleness interval, candle_markets int[], candle_staleness interval[],
--          from timestamptz, to timestamptz
-- @returns market_id int null, exchange_id text null, quote text, twap numeric null, coverage float8, n_obs bigint,
--          carried_in boolean, oldest_source_age float8 null
-- @locks   AccessShareLock
with asked as (
  select market_id, true as ticks, :tick_staleness::interval as staleness
    from unnest(:tick_markets::int[]) as t(market_id)
  union all
  select market_id, false, staleness
    from unnest(:candle_markets::int[], :candle_staleness::interval[]) as c(market_id, staleness)
),
observed as (
  select k.market_id, k.staleness, p.timestamp, p.price
    from asked k
    cross join lateral (
      (select timestamp, price from arxdb.prices
        where market_id = k.market_id and timestamp < :from::timestamptz
          and timestamp > :from::timestamptz - k.staleness
        order by timestamp desc limit 1)
      union all
      select timestamp, price from arxdb.prices
        where market_id = k.market_id and timestamp >= :from::timestamptz and timestamp < :to::timestamptz
    ) p
    where k.ticks
  union all
  select k.market_id, k.staleness, c.timestamp, c.price
    from asked k
    cross join lateral (
      (select timestamp, close as price from arxdb.candles
        where market_id = k.market_id and timestamp < :from::timestamptz
          and timestamp > :from::timestamptz - k.staleness
        order by timestamp desc limit 1)
      union all
      select timestamp, close from arxdb.candles
        where market_id = k.market_id and timestamp >= :from::timestamptz and timestamp < :to::timestamptz
    ) c
    where not k.ticks
),
held as (
  select market_id, timestamp, price, timestamp >= :from::timestamptz as inside,
         greatest(0, extract(epoch from
           least(lead(timestamp, 1, :to::timestamptz) over w, timestamp + staleness, :to::timestamptz)
           - greatest(timestamp, :from::timestamptz))) as seconds
    from observed
    window w as (partition by market_id order by timestamp)
),
per_market as (
  -- Divided last and in numeric, so that a figure composed from parts equals the one from raw rows to the last digit.
  select k.market_id,
         round(round(sum(h.price * h.seconds), 24) / nullif(sum(h.seconds), 0), 18) as twap,
         coalesce(sum(h.seconds) / extract(epoch from :to::timestamptz - :from::timestamptz), 0) as coverage,
         count(h.price) filter (where h.inside) as n_obs,
         coalesce(bool_or(not h.inside), false) as carried_in,
         extract(epoch from :to::timestamptz - max(h.timestamp)) as oldest_source_age
    from asked k
    left join held h using (market_id)
    group by k.market_id
),
named as (
  select p.*, m.exchange_id, m.quote, e.kind = 'venue' as venue
    from per_market p
    join arxdb.markets m using (market_id)
    join arxdb.exchanges e using (exchange_id)
)
select market_id, exchange_id, quote, trim_scale(twap) as twap, coverage::float8 as coverage, n_obs, carried_in,
       oldest_source_age::float8 as oldest_source_age
  from named
union all
select null, null, quote, trim_scale(round(round(sum(twap), 24) / count(twap), 18)), avg(coverage)::float8,
       sum(n_obs)::bigint, bool_or(carried_in), max(oldest_source_age)::float8
  from named
  where venue and twap is not null
  group by quote
order by quote, exchange_id nulls last
