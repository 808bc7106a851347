-- What buying on one exchange and selling on another would have brought, at each sample of a grid.
-- Sample i is at from + i x every. A market's price at a sample is its last one known by then (a candle's close when the
-- bar ends) unless it is stale; the freshest market answers for an exchange and quote. Two prices are compared when they
-- were known at most the narrower of their skews apart. Gross is sell / buy - 1; net takes the takers' fees of both sides
-- and, of a notional in the quote, the withdrawal from the buying side. persistence counts the samples in a row, ending
-- with this one, in which the net was positive (the gross large enough, where no net is known); a sample in which the
-- pair cannot be compared ends the row. n_obs counts the samples so far in which it could.
-- @params  markets int[], staleness interval[], skew interval[], fee_markets int[], takers numeric[],
--          withdraw_markets int[], withdrawals numeric[], notional numeric null, from timestamptz, samples int,
--          every interval, first_shown int, min_gross numeric null, min_net numeric null, exchange_id text null,
--          cross_quotes boolean, top int null
-- @returns coin_id text, buy_exchange text, sell_exchange text, buy_quote text, sell_quote text, buy_price numeric,
--          sell_price numeric, gross_percent float8, net_percent float8 null, age float8, skew float8,
--          persistence bigint, n_obs bigint, timestamp timestamptz, buy_market int, sell_market int
-- @locks   AccessShareLock
with asked as materialized (
  select m.market_id, m.coin_id, m.exchange_id, m.quote, m.timeframe = 'tick' as ticks,
         coalesce(arxdb.timeframe_seconds(m.timeframe), 0) as seconds,
         make_interval(secs => coalesce(arxdb.timeframe_seconds(m.timeframe), 0)) as width,
         k.staleness, k.skew, f.taker, d.withdrawal
    from unnest(:markets::int[], :staleness::interval[], :skew::interval[]) as k(market_id, staleness, skew)
    join arxdb.markets m using (market_id)
    left join unnest(:fee_markets::int[], :takers::numeric[]) as f(market_id, taker) using (market_id)
    left join unnest(:withdraw_markets::int[], :withdrawals::numeric[]) as d(market_id, withdrawal) using (market_id)
),
span as (
  select :from::timestamptz as since, :from::timestamptz + (:samples::int - 1) * :every::interval as until
),
observed as (
  select k.market_id, p.price, p.known_at,
         greatest(0, ceil(extract(epoch from p.known_at - t.since) / extract(epoch from :every::interval)))::int as slot
    from asked k
    cross join span t
    cross join lateral (
      (select price, timestamp as known_at from arxdb.prices
        where k.ticks and market_id = k.market_id and timestamp <= t.since and timestamp > t.since - k.staleness
        order by timestamp desc limit 1)
      union all
      select price, timestamp from arxdb.prices
        where k.ticks and market_id = k.market_id and timestamp > t.since and timestamp <= t.until
      union all
      (select close, timestamp + k.width from arxdb.candles
        where not k.ticks and market_id = k.market_id and timestamp <= t.since - k.width
          and timestamp > t.since - k.width - k.staleness
        order by timestamp desc limit 1)
      union all
      select close, timestamp + k.width from arxdb.candles
        where not k.ticks and market_id = k.market_id
          and timestamp > t.since - k.width and timestamp <= t.until - k.width
    ) p
),
newest as (
  select distinct on (market_id, slot) market_id, slot, price, known_at
    from observed
    order by market_id, slot, known_at desc
),
held as (
  select market_id, slot, price, known_at,
         lead(slot, 1, :samples::int) over (partition by market_id order by slot) as next_slot
    from newest
),
quoted as materialized (
  select distinct on (g.slot, a.coin_id, a.exchange_id, a.quote)
         g.slot, a.coin_id, a.exchange_id, a.quote, h.price, h.known_at, a.skew, a.taker, a.withdrawal, a.market_id
    from held h
    join asked a using (market_id)
    cross join lateral generate_series(h.slot, h.next_slot - 1) as g(slot)
    where :from::timestamptz + g.slot * :every::interval < h.known_at + a.staleness
    order by g.slot, a.coin_id, a.exchange_id, a.quote, h.known_at desc, a.seconds
),
pairs as (
  select b.slot, b.coin_id, b.exchange_id as buy_exchange, s.exchange_id as sell_exchange, b.quote as buy_quote,
         s.quote as sell_quote, b.price as buy_price, s.price as sell_price, b.market_id as buy_market,
         s.market_id as sell_market, least(b.known_at, s.known_at) as older, greatest(b.known_at, s.known_at) as newer,
         -- Per cent. Subtracted before it is divided: a small difference keeps all its digits.
         case when b.quote = s.quote then
           (s.price * (1 - s.taker) - b.price * (1 + b.taker)) * 100 / (b.price * (1 + b.taker))
           - coalesce(b.withdrawal * b.price * 100 / :notional::numeric, 0)
         end as net
    from quoted b
    join quoted s on s.slot = b.slot and s.coin_id = b.coin_id and s.exchange_id <> b.exchange_id
      and (s.quote = b.quote or :cross_quotes::boolean)
      and greatest(b.known_at, s.known_at) - least(b.known_at, s.known_at) <= least(b.skew, s.skew)
    where :exchange_id::text is null or :exchange_id::text in (b.exchange_id, s.exchange_id)
),
judged as (
  select *, sell_price * 100 >= buy_price * (100 + coalesce(:min_gross::numeric, 0)) as wide from pairs
),
runs as (
  -- The sample before the run: this one when it is not good, the one before it when that could not be compared.
  select *, case when not case when net is null then wide else net > 0 end then slot
                 when lag(slot) over pair is distinct from slot - 1 then slot - 1 end as broken,
         count(*) over pair as n_obs
    from judged
    window pair as (partition by coin_id, buy_exchange, sell_exchange, buy_quote, sell_quote order by slot)
),
counted as (
  select *, slot - max(broken) over pair as persistence
    from runs
    window pair as (partition by coin_id, buy_exchange, sell_exchange, buy_quote, sell_quote order by slot)
)
select coin_id, buy_exchange, sell_exchange, buy_quote, sell_quote, buy_price, sell_price,
       ((sell_price - buy_price) * 100 / buy_price)::float8 as gross_percent, net::float8 as net_percent,
       extract(epoch from :from::timestamptz + slot * :every::interval - older)::float8 as age,
       extract(epoch from newer - older)::float8 as skew, persistence::bigint as persistence, n_obs,
       :from::timestamptz + slot * :every::interval as timestamp, buy_market, sell_market
  from counted
  where slot >= :first_shown::int
    and (:min_gross::numeric is null or wide)
    and (:min_net::numeric is null or net >= :min_net::numeric)
  order by case when :top::int is null then slot end, net desc nulls last, gross_percent desc, slot, coin_id,
           buy_exchange, sell_exchange, buy_quote, sell_quote
  limit :top::int
