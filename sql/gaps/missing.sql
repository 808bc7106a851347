-- Where a market has holes: missing candles as ranges, and silences of ticks longer than so much.
-- A candle's range goes from the first missing bar to the next one that is there. With bounds the hole before the first
-- observation and that behind the last one count too, and are told apart by `edge`; `both` is a market without any.
-- @params  markets int[], from timestamptz null, to timestamptz null, longer_than interval, min_bars int, by_size boolean
-- @returns market_id int, from timestamptz, to timestamptz, missing_bars bigint null, seconds float8, edge text null
-- @locks   AccessShareLock
with asked as (
  select m.market_id, m.timeframe = 'tick' as ticks,
         make_interval(secs => coalesce(arxdb.timeframe_seconds(m.timeframe), 0)) as width
    from unnest(:markets::int[]) as k(market_id)
    join arxdb.markets m using (market_id)
),
observed as (
  select k.market_id, f.timestamp, f.timestamp + k.width as ends,
         lag(f.timestamp + k.width) over w as before, lead(f.timestamp) over w as after
    from asked k
    cross join lateral (
      select timestamp from arxdb.prices where k.ticks and market_id = k.market_id
        and (:from::timestamptz is null or timestamp >= :from::timestamptz)
        and (:to::timestamptz is null or timestamp < :to::timestamptz)
      union all
      select timestamp from arxdb.candles where not k.ticks and market_id = k.market_id
        and (:from::timestamptz is null or timestamp >= :from::timestamptz)
        and (:to::timestamptz is null or timestamp < :to::timestamptz)
    ) f
    window w as (partition by k.market_id order by f.timestamp)
),
holes as (
  select market_id, before as since, timestamp as until, null::text as edge from observed where before < timestamp
  union all
  select market_id, :from::timestamptz, timestamp, 'start' from observed
    where before is null and :from::timestamptz < timestamp
  union all
  select market_id, ends, :to::timestamptz, 'end' from observed where after is null and ends < :to::timestamptz
  union all
  select market_id, :from::timestamptz, :to::timestamptz, 'both' from asked k
    where :from::timestamptz < :to::timestamptz and not exists (select from observed o where o.market_id = k.market_id)
),
sized as (
  select h.*, k.ticks, k.width,
         case when not k.ticks
           then floor(extract(epoch from h.until - h.since) / extract(epoch from k.width))::bigint end as bars
    from holes h
    join asked k using (market_id)
),
ranges as (
  -- At the edges whole bars only: they are counted from the bars that are there.
  select market_id, bars, ticks, edge,
         case when edge = 'start' and not ticks then until - bars * width else since end as since,
         case when edge = 'end' and not ticks then since + bars * width else until end as until
    from sized
)
select market_id, since as "from", until as "to", bars as missing_bars,
       extract(epoch from until - since)::float8 as seconds, edge
  from ranges
  where case when ticks then until - since > :longer_than::interval else bars >= greatest(1, :min_bars::int) end
  order by case when :by_size::boolean then since - until end, since, market_id
