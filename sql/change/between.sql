-- Price at one moment against the price at earlier ones, both as they were known then.
-- A tick is known when it happens, a candle's close when its bar ends. One market answers for an exchange and quote, the
-- same at both ends: one that is fresh at both, else the freshest, else the finest. However old a price is, it is given
-- with its age; the change is null when either is too old.
-- @params  markets int[], thens timestamptz[], at timestamptz, tick_staleness interval, candle_staleness interval null
-- @returns market_id int, nr int, change float8 null, price_then numeric null, price_now numeric null,
--          timestamp_then timestamptz null, timestamp_now timestamptz null, age_then float8 null, age_now float8 null,
--          fresh_then boolean, fresh_now boolean
-- @locks   AccessShareLock
with moments as (
  select nr::int as nr, moment from unnest(:thens::timestamptz[]) with ordinality as t(moment, nr)
  union all
  select 0, :at::timestamptz
),
known as (
  select m.market_id, m.exchange_id, m.quote, arxdb.timeframe_seconds(m.timeframe) as seconds, t.nr, p.price, p.timestamp,
         extract(epoch from t.moment - p.timestamp)::float8 as age,
         coalesce(p.timestamp > t.moment - case when m.timeframe = 'tick' then :tick_staleness::interval
           else coalesce(:candle_staleness::interval, w.width) end, false) as fresh
    from unnest(:markets::int[]) as k(market_id)
    join arxdb.markets m using (market_id)
    cross join lateral (select make_interval(secs => arxdb.timeframe_seconds(m.timeframe)) as width) w
    cross join moments t
    left join lateral (
      (select price, timestamp from arxdb.prices
        where m.timeframe = 'tick' and market_id = k.market_id and timestamp <= t.moment
        order by timestamp desc limit 1)
      union all
      (select close, timestamp + w.width from arxdb.candles
        where m.timeframe <> 'tick' and market_id = k.market_id and timestamp <= t.moment - w.width
        order by timestamp desc limit 1)
    ) p on true
),
chosen as (
  select distinct on (n.exchange_id, n.quote, t.nr)
         n.exchange_id, n.quote, n.market_id, t.nr, t.price as price_then, n.price as price_now,
         t.timestamp as timestamp_then, n.timestamp as timestamp_now, t.age as age_then, n.age as age_now,
         t.fresh as fresh_then, n.fresh as fresh_now
    from known n
    join known t on t.market_id = n.market_id and t.nr > 0
    where n.nr = 0 and n.price is not null
    order by n.exchange_id, n.quote, t.nr, (t.fresh and n.fresh) desc, n.age, n.seconds nulls first
)
select market_id, nr,
       case when fresh_then and fresh_now then ((price_now - price_then) / price_then)::float8 end as change,
       price_then, price_now, timestamp_then, timestamp_now, age_then, age_now, fresh_then, fresh_now
  from chosen
  order by exchange_id, quote, nr
