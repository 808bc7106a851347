-- Takes the oldest dirty ranges of one market away, to be put right in this very transaction. What lies beyond `most`
-- from their first moment stays noted, so that no transaction grows without bound. A range noted by a transaction that
-- has not committed yet is not seen, and stays for the next time.
-- @params  most interval
-- @returns market_id int, ticks boolean, width int, staleness interval, since timestamptz, until timestamptz
-- @locks   RowExclusiveLock
with chosen as (
  select market_id from arxdb.rollup_dirty order by dirty_id limit 1
),
gone as (
  delete from arxdb.rollup_dirty d using chosen c where d.market_id = c.market_id
    returning d.market_id, d.since, d.until
),
merged as (
  select market_id, range_agg(tstzrange(since, until)) as ranges, min(since) + :most::interval as reach
    from gone group by market_id
),
kept as (
  insert into arxdb.rollup_dirty (market_id, since, until)
    select m.market_id, lower(r), upper(r)
      from merged m
      cross join lateral unnest(m.ranges - tstzmultirange(tstzrange(null, m.reach))) as r
)
select m.market_id, k.timeframe = 'tick' as ticks, arxdb.rollup_width(k.timeframe) as width,
       arxdb.default_staleness(k.timeframe) as staleness, lower(r) as since, upper(r) as until
  from merged m
  join arxdb.markets k using (market_id)
  cross join lateral unnest(m.ranges * tstzmultirange(tstzrange(null, m.reach))) as r
  order by since
