-- Markets of venues that another venue can be compared with: same coin, and same quote unless quotes may differ.
-- @params  coins text[] null, quote text null, cross_quotes boolean
-- @returns market_id int, coin_id text, exchange_id text, quote text, timeframe text, seconds int null
-- @locks   AccessShareLock
with venues as (
  select m.* from arxdb.markets m join arxdb.exchanges e using (exchange_id)
    where e.kind = 'venue'
      and (:coins::text[] is null or m.coin_id = any(:coins::text[]))
      and (:quote::text is null or m.quote = :quote::text)
)
select m.market_id, m.coin_id, m.exchange_id, m.quote, m.timeframe, arxdb.timeframe_seconds(m.timeframe) as seconds
  from venues m
  where exists (select from venues o where o.coin_id = m.coin_id and o.exchange_id <> m.exchange_id
    and (o.quote = m.quote or :cross_quotes::boolean))
  order by m.coin_id, m.exchange_id, m.quote, seconds nulls first
