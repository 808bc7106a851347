-- Removes a market's rollups of one width inside ranges.
-- @params  market_id int, width int, since timestamptz[], until timestamptz[]
-- @returns -
-- @locks   RowExclusiveLock
delete from arxdb.rollups r
  using unnest(:since::timestamptz[], :until::timestamptz[]) as g(since, until)
  where r.market_id = :market_id::int and r.width = :width::int
    and r.bucket >= date_bin(make_interval(secs => :width::int), g.since, timestamptz '2000-01-01 00:00:00+00')
    and r.bucket < g.until
