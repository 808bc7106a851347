-- Coins that have markets, and how many.
-- @params  pattern text null
-- @returns coin_id text, symbol text null, name text null, provisional boolean, exchanges bigint, markets bigint,
--          quotes text
-- @locks   AccessShareLock
select c.coin_id, c.symbol, c.name, c.provisional, count(distinct m.exchange_id) as exchanges, count(*) as markets,
       string_agg(distinct m.quote, ' ' order by m.quote) as quotes
  from arxdb.coins c
  join arxdb.markets m using (coin_id)
  where :pattern::text is null
     or c.coin_id like '%' || lower(:pattern::text) || '%'
     or c.symbol like '%' || upper(:pattern::text) || '%'
     or lower(c.name) like '%' || lower(:pattern::text) || '%'
  group by c.coin_id
  order by c.coin_id
