-- The id of a market, made when it is new.
-- @params  coin_id text null, symbol text null, exchange_id text, quote text, timeframe text
-- @returns market_id int
-- @locks   RowExclusiveLock
select arxdb.market(:coin_id::text, :symbol::text, :exchange_id::text, :quote::text, :timeframe::text) as market_id
