-- The newest bar or price of each market, of the markets that were known first; how many there are in all.
-- @params  most int, since timestamptz
-- @returns coin_id text, exchange_id text, quote text, timeframe text, newest float8 null, of int
-- @locks   AccessShareLock
-- The last bucket of its rollup knows, by one probe and without a look at any chunk. Rows are asked only of markets that
-- have no rollup, or whose rows changed behind it, and only since a moment that few chunks are younger than: together, so
-- that each of those chunks is opened once.
with told as materialized (
  select m.market_id, m.coin_id, m.exchange_id, m.quote, m.timeframe, count(*) over () as of
    from arxdb.markets m
    order by m.market_id
    limit :most::int
),
rolled as materialized (
  select t.market_id, r.last_at
    from told t
    cross join lateral (
      select last_at from arxdb.rollups
        where market_id = t.market_id and width = arxdb.rollup_width(t.timeframe)
        order by bucket desc
        limit 1
    ) r
),
asked as materialized (
  select coalesce(array_agg(t.market_id), '{}') as markets
    from told t
    left join rolled r using (market_id)
    where r.last_at is null
      or exists (select from arxdb.rollup_dirty d where d.market_id = t.market_id and d.until > r.last_at)
),
recent as (
  select market_id, max(timestamp) as last_at
    from arxdb.observed
    where timestamp >= :since::timestamptz and market_id = any((select markets from asked)::int[])
    group by market_id
)
select t.coin_id, t.exchange_id, t.quote, t.timeframe,
       extract(epoch from greatest(r.last_at, n.last_at))::float8 as newest, t.of::int
  from told t
  left join rolled r using (market_id)
  left join recent n using (market_id)
  order by t.market_id
