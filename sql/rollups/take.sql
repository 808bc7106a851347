-- Takes the oldest dirty ranges of one market away, to be put right in this very transaction: as many as are `most` long
-- together. What is left stays noted, so that no transaction grows without bound. A range noted by a transaction that has
-- not committed yet is not seen, and stays for the next time.
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
near as (
  -- Those less than a day apart go as one: to roll up once more what lies between is less than to look for each.
  select market_id, unnest(range_agg(tstzrange(since, until + interval '1 day'))) as range from gone group by market_id
),
merged as (
  select market_id, range_agg(tstzrange(lower(range), upper(range) - interval '1 day')) as ranges from near group by market_id
),
measured as (
  select m.market_id, lower(r) as since, sum(upper(r) - lower(r)) over (order by r) - (upper(r) - lower(r)) as before,
         upper(r) - lower(r) as length
    from merged m cross join lateral unnest(m.ranges) as r
),
bounds as (
  -- Where the sum is reached: inside the range that exceeds it.
  select min(since + (:most::interval - before)) filter (where before + length > :most::interval) as reach from measured
),
kept as (
  insert into arxdb.rollup_dirty (market_id, since, until)
    select m.market_id, lower(r), upper(r)
      from merged m
      cross join bounds b
      cross join lateral unnest(m.ranges - tstzmultirange(tstzrange(null, b.reach))) as r
      where b.reach is not null
)
select m.market_id, k.timeframe = 'tick' as ticks, arxdb.rollup_width(k.timeframe) as width,
       arxdb.default_staleness(k.timeframe) as staleness, lower(r) as since, upper(r) as until
  from merged m
  cross join bounds b
  join arxdb.markets k using (market_id)
  cross join lateral unnest(m.ranges * tstzmultirange(tstzrange(null, b.reach))) as r
  order by since
