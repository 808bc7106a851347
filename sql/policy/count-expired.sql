-- Candles of some timeframes that are older than their moments.
-- @params  timeframes text[], cutoffs timestamptz[]
-- @returns rows bigint
-- @locks   AccessShareLock
select coalesce(sum(f.n), 0)::bigint as rows
  from unnest(:timeframes::text[], :cutoffs::timestamptz[]) as e(timeframe, cutoff)
  join arxdb.markets m using (timeframe)
  cross join lateral (
    select count(*) as n from arxdb.candles where market_id = m.market_id and timestamp < e.cutoff
  ) f
