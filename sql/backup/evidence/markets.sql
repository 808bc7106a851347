-- The newest bar or tick of each market, one line each; a digest of them all where there are more than so many.
-- @params  most int
-- @returns line text
-- @locks   AccessShareLock
with newest as materialized (
  select format('%s %s/%s@%s %s %s', b.of, m.coin_id, m.quote, m.exchange_id, m.timeframe,
                to_char(b.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')) as line
    from arxdb.markets m
    cross join lateral (
      select 'candles' as of, (select max(timestamp) from arxdb.candles c where c.market_id = m.market_id) as at
      union all
      select 'prices', (select max(timestamp) from arxdb.prices p where p.market_id = m.market_id)
    ) b
    where b.at is not null
),
counted as (
  select count(*) as n, md5(string_agg(line, chr(10) order by line)) as digest from newest
)
select n.line from newest n cross join counted c where c.n <= :most::int
union all
select format('%s markets, digest %s', c.n, c.digest) from counted c where c.n > :most::int
order by 1
