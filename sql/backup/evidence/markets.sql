-- The newest bar or tick of each market, one line each; a digest of them all where there are more than so many.
-- @params  most int
-- @returns line text
-- @locks   AccessShareLock
with newest as materialized (
  -- One scan, as counting takes: over ten thousand chunks the plan of a probe by market alone takes 20 s.
  select 'candles' as of, market_id, max(timestamp) as at from arxdb.candles group by market_id
  union all
  select 'prices', market_id, max(timestamp) from arxdb.prices group by market_id
),
told as materialized (
  select format('%s %s/%s@%s %s %s', n.of, m.coin_id, m.quote, m.exchange_id, m.timeframe,
                to_char(n.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')) as line
    from newest n
    join arxdb.markets m using (market_id)
),
counted as (
  select count(*) as n, md5(string_agg(line, chr(10) order by line)) as digest from told
)
select t.line from told t cross join counted c where c.n <= :most::int
union all
select format('%s markets, digest %s', c.n, c.digest) from counted c where c.n > :most::int
order by 1
