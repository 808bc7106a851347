-- Notes that rollups of a stretch of time are not to be believed: its rows were dropped without a trigger. One without a
-- beginning is noted from the oldest row or rollup on: a note can be put right only as far as it has a length.
-- @params  facts text, since timestamptz, until timestamptz
-- @returns noted text
-- @locks   RowExclusiveLock
select arxdb.note_range(:facts::text,
  case when isfinite(:since::timestamptz) then :since::timestamptz
       else (
         select min(f.at) from arxdb.markets m
           cross join lateral (
             (select timestamp as at from arxdb.prices
               where :facts::text = 'prices' and market_id = m.market_id and isfinite(timestamp) order by timestamp limit 1)
             union all
             (select timestamp from arxdb.candles
               where :facts::text = 'candles' and market_id = m.market_id and isfinite(timestamp) order by timestamp limit 1)
             union all
             (select bucket from arxdb.rollups where market_id = m.market_id and width = 86400 order by bucket limit 1)
           ) f
       ) end,
  :until::timestamptz)::text as noted
