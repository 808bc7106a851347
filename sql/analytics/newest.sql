-- The newest value of each metric of the whole market as it was known at one moment, per source.
-- Sources give one metric a row, so each metric looks for its own.
-- @params  metrics text[], exchange_id text null, at timestamptz
-- @returns exchange_id text, metric text, value numeric, timestamp timestamptz, age float8
-- @locks   AccessShareLock
select e.exchange_id, k.metric, n.value, n.timestamp, extract(epoch from :at::timestamptz - n.timestamp)::float8 as age
  from arxdb.exchanges e
  cross join unnest(:metrics::text[]) with ordinality as k(metric, nr)
  cross join lateral (
    select a.timestamp, v.value
      from arxdb.analytics a
      cross join lateral (select case k.metric
        when 'total_market_cap' then a.total_market_cap
        when 'total_volume' then a.total_volume
        when 'btc_dominance' then a.btc_dominance
        when 'eth_dominance' then a.eth_dominance
        when 'active_cryptocurrencies' then a.active_cryptocurrencies
        when 'markets' then a.markets end as value) v
      where a.exchange_id = e.exchange_id and a.timestamp <= :at::timestamptz and v.value is not null
      order by a.timestamp desc limit 1
  ) n
  where :exchange_id::text is null or e.exchange_id = :exchange_id::text
  order by e.exchange_id, k.nr
