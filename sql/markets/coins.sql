-- Coins that have data, and in how many markets.
-- @params  pattern text null
-- @returns coin_id text, symbol text null, name text null, provisional boolean, exchanges bigint, markets bigint,
--          quotes text
-- @locks   AccessShareLock
select c.coin_id, c.symbol, c.name, c.provisional, count(distinct m.exchange_id) as exchanges, count(*) as markets,
       string_agg(distinct m.quote, ' ' order by m.quote) as quotes
  from arxdb.coins c
  join arxdb.markets m using (coin_id)
  where (:pattern::text is null
         or c.coin_id like '%' || lower(:pattern::text) || '%'
         or c.symbol like '%' || upper(:pattern::text) || '%'
         or lower(c.name) like '%' || lower(:pattern::text) || '%')
    -- A load that was refused may leave a market's id behind: another load may hold it, so it is not taken back.
    and (exists (select from arxdb.prices where market_id = m.market_id)
         or exists (select from arxdb.candles where market_id = m.market_id))
  group by c.coin_id
  order by c.coin_id
