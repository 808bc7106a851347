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
  -- Numbers in place of names: hundreds of thousands of pairs are sorted by them.
  select m.market_id, m.coin_id, m.exchange_id, m.quote, m.timeframe = 'tick' as ticks,
         min(m.market_id) over (partition by m.coin_id) as coin,
         min(m.market_id) over (partition by m.exchange_id) as exchange,
         min(m.market_id) over (partition by m.quote) as money,
         min(m.market_id) over (partition by m.coin_id, m.exchange_id, m.quote) as place,
         coalesce(arxdb.timeframe_seconds(m.timeframe), 0) as seconds,
         make_interval(secs => coalesce(arxdb.timeframe_seconds(m.timeframe), 0)) as width,
         k.staleness, k.skew, f.taker, coalesce(d.withdrawal / :notional::numeric, 0) as withdrawal
    from unnest(:markets::int[], :staleness::interval[], :skew::interval[]) as k(market_id, staleness, skew)
    join arxdb.markets m using (market_id)
    left join unnest(:fee_markets::int[], :takers::numeric[]) as f(market_id, taker) using (market_id)
    left join unnest(:withdraw_markets::int[], :withdrawals::numeric[]) as d(market_id, withdrawal) using (market_id)
),
span as (
  select :from::timestamptz as since, :from::timestamptz + (:samples::int - 1) * :every::interval as until
),
observed as (
  -- seen_at is the first sample that knows the price.
  select k.market_id, p.price, p.known_at, case when p.known_at <= t.since then t.since else
           date_bin(:every::interval, p.known_at - interval '1 microsecond', t.since) + :every::interval end as seen_at
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
  select distinct on (market_id, seen_at) market_id, price, known_at,
         round(extract(epoch from seen_at - :from::timestamptz) / extract(epoch from :every::interval))::int as slot
    from observed
    order by market_id, seen_at, known_at desc
),
held as (
  select market_id, slot, price, known_at,
         lead(slot, 1, :samples::int) over (partition by market_id order by slot) as next_slot
    from newest
),
quoted as materialized (
  select distinct on (g.slot, a.place)
         g.slot, a.place, a.coin, a.exchange, a.money, a.market_id, h.price, h.known_at, a.skew, a.withdrawal,
         h.price * (1 - a.taker) as gain, h.price * (1 + a.taker) as cost,
         -- Sold for more than this the net is positive.
         h.price * (1 + a.taker) * (1 + a.withdrawal * h.price) as even,
         h.price * 100 as hundredfold, h.price * (100 + coalesce(:min_gross::numeric, 0)) as wide_from
    from held h
    join asked a using (market_id)
    cross join lateral generate_series(h.slot, h.next_slot - 1) as g(slot)
    where :from::timestamptz + g.slot * :every::interval < h.known_at + a.staleness
    order by g.slot, a.place, h.known_at desc, a.seconds
),
pairs as (
  select b.slot, b.place as buy_place, s.place as sell_place, b.market_id as buy_market, s.market_id as sell_market,
         b.price as buy_price, s.price as sell_price, b.cost, s.gain, b.withdrawal, b.known_at as buy_known,
         s.known_at as sell_known, b.money = s.money as one_quote, s.hundredfold >= b.wide_from as wide,
         case when b.money = s.money then s.gain > b.even end as pays
    from quoted b
    join quoted s on s.slot = b.slot and s.coin = b.coin and s.exchange <> b.exchange
      and (s.money = b.money or :cross_quotes::boolean)
      and greatest(b.known_at, s.known_at) - least(b.known_at, s.known_at) <= least(b.skew, s.skew)
),
runs as (
  -- The sample before the run: this one when it is not good, the one before it when that could not be compared.
  select *, case when not coalesce(pays, wide) then slot
                 when lag(slot) over pair is distinct from slot - 1 then slot - 1 end as broken,
         row_number() over pair as n_obs
    from pairs
    window pair as (partition by buy_place, sell_place order by slot)
),
counted as (
  select *, slot - max(broken) over pair as persistence
    from runs
    window pair as (partition by buy_place, sell_place order by slot rows unbounded preceding)
),
answers as (
  -- Subtracted before it is divided: a small difference keeps all its digits.
  select *, (sell_price - buy_price) * 100 / buy_price as gross,
         case when one_quote then (gain - cost) * 100 / cost - withdrawal * buy_price * 100 end as net
    from counted
    where slot >= :first_shown::int and (:min_gross::numeric is null or wide)
)
select b.coin_id, b.exchange_id as buy_exchange, s.exchange_id as sell_exchange, b.quote as buy_quote,
       s.quote as sell_quote, a.buy_price, a.sell_price, a.gross::float8 as gross_percent, a.net::float8 as net_percent,
       extract(epoch from t.moment - least(a.buy_known, a.sell_known))::float8 as age,
       extract(epoch from greatest(a.buy_known, a.sell_known) - least(a.buy_known, a.sell_known))::float8 as skew,
       a.persistence::bigint as persistence, a.n_obs, t.moment as timestamp, a.buy_market, a.sell_market
  from answers a
  join asked b on b.market_id = a.buy_market
  join asked s on s.market_id = a.sell_market
  cross join lateral (select :from::timestamptz + a.slot * :every::interval as moment) t
  where (:min_net::numeric is null or a.net >= :min_net::numeric)
    and (:exchange_id::text is null or :exchange_id::text in (b.exchange_id, s.exchange_id))
  order by case when :top::int is null then a.slot end, a.net desc nulls last, a.gross desc, a.slot, b.coin_id,
           buy_exchange, sell_exchange, buy_quote, sell_quote
  limit :top::int
