-- Notes all that there is of every market as changed: for what went on behind the triggers.
-- @params  -
-- @returns noted bigint
-- @locks   RowExclusiveLock
with noted as (
  insert into arxdb.rollup_dirty (market_id, since, until)
    select m.market_id, date_bin('1 day', s.since, timestamptz '2000-01-01 00:00:00+00'),
           date_bin('1 day', s.until, timestamptz '2000-01-01 00:00:00+00') + interval '1 day'
      from arxdb.markets m
      cross join lateral (
        select min(f.at) as since, max(f.at) as until from (
          (select timestamp as at from arxdb.prices where market_id = m.market_id order by timestamp limit 1)
          union all
          (select timestamp from arxdb.prices where market_id = m.market_id order by timestamp desc limit 1)
          union all
          (select timestamp from arxdb.candles where market_id = m.market_id order by timestamp limit 1)
          union all
          (select timestamp from arxdb.candles where market_id = m.market_id order by timestamp desc limit 1)
          union all
          (select bucket from arxdb.rollups where market_id = m.market_id and width = 86400 order by bucket limit 1)
          union all
          (select bucket from arxdb.rollups where market_id = m.market_id and width = 86400 order by bucket desc limit 1)
        ) f
      ) s
      where arxdb.rollup_width(m.timeframe) is not null and s.since is not null
    returning 1
)
select count(*) as noted from noted
