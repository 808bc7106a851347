-- How much each market traded in a window: base volume of its candles, or the number of its ticks.
-- @params  markets int[], from timestamptz, to timestamptz
-- @returns market_id int, size numeric
-- @locks   AccessShareLock
select k.market_id, coalesce(case m.timeframe when 'tick' then (
         select count(*)::numeric from arxdb.prices
           where market_id = k.market_id and timestamp >= :from::timestamptz and timestamp < :to::timestamptz)
       else (
         select sum(volume) from arxdb.candles
           where market_id = k.market_id and timestamp >= :from::timestamptz and timestamp < :to::timestamptz)
       end, 0) as size
  from unnest(:markets::int[]) as k(market_id)
  join arxdb.markets m using (market_id)
