-- Coins that a name may mean: by id, by the shipped list of symbols, or by the symbol their source gave.
-- @params  name text
-- @returns coin_id text, symbol text null, how text
-- @locks   AccessShareLock
select c.coin_id, c.symbol, 'id' as how from arxdb.coins c where c.coin_id in (:name::text, lower(:name::text))
union all
select c.coin_id, c.symbol, 'alias' from arxdb.coin_aliases a join arxdb.coins c using (coin_id)
  where a.alias = upper(:name::text)
union all
select c.coin_id, c.symbol, 'symbol' from arxdb.coins c where c.symbol = upper(:name::text)
order by how, coin_id
