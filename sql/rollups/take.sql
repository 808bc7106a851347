-- Takes the oldest dirty ranges of one market away, to be put right in this very transaction: as many as are `most` long
-- together. What is left stays noted, so that no transaction grows without bound. A range noted by a transaction that has
-- not committed yet is not seen, and stays for the next time. Only what lies in a window is taken, of ticks and of candles
-- each in its own ('(,)' for all, 'empty' for nothing); buckets that it cuts are left.
-- @params  most interval, ticks tstzrange, candles tstzrange
-- @returns market_id int, ticks boolean, width int, staleness interval, since timestamptz, until timestamptz
-- @locks   RowExclusiveLock
with dirty as (
  select d.dirty_id, d.market_id, d.since, d.until, tstzrange(b.since, greatest(b.since, b.until)) as part
    from arxdb.rollup_dirty d
    join arxdb.markets m using (market_id)
    cross join lateral (select case m.timeframe when 'tick' then :ticks::tstzrange else :candles::tstzrange end as range) w
    cross join lateral (
      select date_bin('1 day', lower(w.range) + interval '1 day' - interval '1 microsecond', origin) as since,
             coalesce(date_bin(make_interval(secs => arxdb.rollup_width(m.timeframe)), upper(w.range), origin), 'infinity') as until
        from (values (timestamptz '2000-01-01 00:00:00+00')) as o(origin)
    ) b
    where not isempty(w.range)
),
chosen as (
  select market_id, part from dirty where tstzrange(since, until) && part order by dirty_id limit 1
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
inside as (
  select m.market_id, m.ranges, m.ranges * tstzmultirange(c.part) as due, tstzmultirange(c.part) as part
    from merged m join chosen c using (market_id)
),
measured as (
  select m.market_id, lower(r) as since, sum(upper(r) - lower(r)) over (order by r) - (upper(r) - lower(r)) as before,
         upper(r) - lower(r) as length
    from inside m cross join lateral unnest(m.due) as r
),
bounds as (
  -- Where the sum is reached: inside the range that exceeds it.
  select min(since + (:most::interval - before)) filter (where before + length > :most::interval) as reach from measured
),
kept as (
  insert into arxdb.rollup_dirty (market_id, since, until)
    select m.market_id, lower(r), upper(r)
      from inside m
      cross join bounds b
      cross join lateral unnest(m.ranges - m.part * tstzmultirange(tstzrange(null, b.reach))) as r
)
select m.market_id, k.timeframe = 'tick' as ticks, arxdb.rollup_width(k.timeframe) as width,
       arxdb.default_staleness(k.timeframe) as staleness, lower(r) as since, upper(r) as until
  from inside m
  cross join bounds b
  join arxdb.markets k using (market_id)
  cross join lateral unnest(m.due * tstzmultirange(tstzrange(null, b.reach))) as r
  order by since
