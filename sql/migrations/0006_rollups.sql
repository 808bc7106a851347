-- Rollups per market and hour, and day: what long windows are answered from, and a note of what changed since.
--
-- A price holds until the next one, so an hour's share of a TWAP depends on its neighbours. What is kept is what does not:
-- the integral between the first and the last price inside. The bridges from bucket to bucket, staleness and the price
-- carried in are worked out when asked, and so a figure from rollups equals the one from raw rows to the last digit. A
-- continuous aggregate cannot hold this (it knows no next row), and hides rows below its watermark.

create table arxdb.rollups (
  market_id   int not null,
  -- Seconds: an hour or a day, in UTC.
  width       int not null check (width in (3600, 86400)),
  bucket      timestamptz not null,
  n           int not null check (n > 0),
  first_at    timestamptz not null,
  last_at     timestamptz not null,
  open        numeric not null,
  high        numeric not null,
  low         numeric not null,
  close       numeric not null,
  price_sum   numeric not null,
  -- Integral of the price over time from first_at to last_at, price x seconds. A candle's close is its price.
  price_time  numeric not null,
  -- The same where no price stands longer than it does by default, and for how many seconds one did.
  held_price_time numeric not null,
  held_seconds    numeric not null,
  -- Longest wait between two neighbours inside: beyond what a price may stand, the raw rows have to say where it did.
  max_gap     interval not null,
  volume      numeric,
  -- Candles that have a volume.
  n_volume    int not null,
  -- Sum of volume x (high + low + close): three times the turnover at typical prices.
  turnover_x3 numeric,
  primary key (market_id, width, bucket)
);

-- Ranges [since, until) whose rollups are not to be believed. Only ever added to by those who write facts, so that two
-- loads never wait for each other; taken away by the refresh, which puts right what they name.
create table arxdb.rollup_dirty (
  dirty_id  bigint generated always as identity primary key,
  market_id int not null,
  since     timestamptz not null,
  until     timestamptz not null check (until > since)
);
create index rollup_dirty_market on arxdb.rollup_dirty (market_id, since);

-- The finest rollup a market has: hours of what is finer than an hour, days of what is finer than a day, else none.
create function arxdb.rollup_width(timeframe text) returns int
language sql immutable parallel safe
return case when timeframe = 'tick' or arxdb.timeframe_seconds(timeframe) < 3600 then 3600
            when arxdb.timeframe_seconds(timeframe) < 86400 then 86400 end;

-- How long a price stands where nobody says otherwise: a tick five minutes, a candle's close its own bar.
create function arxdb.default_staleness(timeframe text) returns interval
language sql immutable parallel safe
return case when timeframe = 'tick' then interval '5 minutes'
            else make_interval(secs => arxdb.timeframe_seconds(timeframe)) end;

-- After each statement that changes facts. One range a market where its rows lie close; where they are far apart, each
-- bucket that they touch. Runs as its owner: who may write facts need not be able to touch rollups.
create function arxdb.note_changes() returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
-- A plan made when there were no notes would read all of them for every row that comes alone.
set enable_seqscan = off
as $$
declare
  origin constant timestamptz := '2000-01-01 00:00:00+00';
begin
  with touched as materialized (
    select market_id, min(timestamp) as first, max(timestamp) as last, count(*) as n from changed group by market_id
  ),
  rolled as materialized (
    select t.market_id, t.first, t.last, make_interval(secs => w.width) as width,
           extract(epoch from t.last - t.first) <= 4.0 * w.width * t.n as close
      from touched t
      join arxdb.markets m using (market_id)
      cross join lateral (select arxdb.rollup_width(m.timeframe) as width) w
      where w.width is not null
  ),
  ranges as (
    select market_id, date_bin(width, first, origin) as since, date_bin(width, last, origin) + width as until
      from rolled where close
    union all
    select distinct r.market_id, date_bin(r.width, c.timestamp, origin), date_bin(r.width, c.timestamp, origin) + r.width
      from rolled r join changed c using (market_id)
      where not r.close
  )
  insert into arxdb.rollup_dirty (market_id, since, until)
    select market_id, since, until from ranges g
      -- Rows that come one by one need no range each. Only one of this very transaction is sure to outlive it.
      where not exists (
        select from arxdb.rollup_dirty d
          where d.market_id = g.market_id and d.since = g.since and d.until >= g.until
            and d.xmin = pg_current_xact_id()::xid);
  return null;
end
$$;

-- The same for keys that an update takes away.
create function arxdb.note_moves() returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  origin constant timestamptz := '2000-01-01 00:00:00+00';
begin
  insert into arxdb.rollup_dirty (market_id, since, until)
    select distinct b.market_id, date_bin(w.width, b.timestamp, origin), date_bin(w.width, b.timestamp, origin) + w.width
      from before b
      join arxdb.markets m using (market_id)
      cross join lateral (select make_interval(secs => arxdb.rollup_width(m.timeframe)) as width) w
      where w.width is not null
        and not exists (select from changed c where c.market_id = b.market_id and c.timestamp = b.timestamp);
  return null;
end
$$;

create function arxdb.forget_rollups() returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from arxdb.rollups r using arxdb.markets m
    where m.market_id = r.market_id and (m.timeframe = 'tick') = (tg_table_name = 'prices');
  return null;
end
$$;

create trigger rollup_insert after insert on arxdb.prices referencing new table as changed
  for each statement execute function arxdb.note_changes();
create trigger rollup_update after update on arxdb.prices referencing new table as changed old table as before
  for each statement execute function arxdb.note_changes();
create trigger rollup_update_moves after update on arxdb.prices referencing new table as changed old table as before
  for each statement execute function arxdb.note_moves();
create trigger rollup_truncate after truncate on arxdb.prices
  for each statement execute function arxdb.forget_rollups();
create trigger rollup_insert after insert on arxdb.candles referencing new table as changed
  for each statement execute function arxdb.note_changes();
create trigger rollup_update after update on arxdb.candles referencing new table as changed old table as before
  for each statement execute function arxdb.note_changes();
create trigger rollup_update_moves after update on arxdb.candles referencing new table as changed old table as before
  for each statement execute function arxdb.note_moves();
create trigger rollup_truncate after truncate on arxdb.candles
  for each statement execute function arxdb.forget_rollups();

-- Notes a stretch of time of all markets of a table: for what no trigger sees, a dropped chunk or a detached partition.
create function arxdb.note_range(facts text, since timestamptz, until timestamptz) returns void
language sql
set search_path = pg_catalog, pg_temp
begin atomic
  insert into arxdb.rollup_dirty (market_id, since, until)
    select m.market_id, date_bin('1 day', $2, '2000-01-01 00:00:00+00'),
           date_bin('1 day', $3, '2000-01-01 00:00:00+00') + interval '1 day'
      from arxdb.markets m
      where arxdb.rollup_width(m.timeframe) is not null and (m.timeframe = 'tick') = ($1 = 'prices') and $3 >= $2;
end;

-- What was loaded before there were rollups.
insert into arxdb.rollup_dirty (market_id, since, until)
  select m.market_id, date_bin('1 day', s.since, '2000-01-01 00:00:00+00'),
         date_bin('1 day', s.until, '2000-01-01 00:00:00+00') + interval '1 day'
    from arxdb.markets m
    cross join lateral (
      select min(f.since) as since, max(f.until) as until from (
        select (select min(timestamp) from arxdb.prices where market_id = m.market_id) as since,
               (select max(timestamp) from arxdb.prices where market_id = m.market_id) as until
        union all
        select (select min(timestamp) from arxdb.candles where market_id = m.market_id),
               (select max(timestamp) from arxdb.candles where market_id = m.market_id)
      ) f
    ) s
    where arxdb.rollup_width(m.timeframe) is not null and s.since is not null;

-- arxdb: verify
select market_id, width, bucket, n, price_time, max_gap, turnover_x3 from arxdb.rollups limit 0;
select market_id, since, until from arxdb.rollup_dirty limit 0;
select 1 / (count(*) = 8)::int from pg_trigger
  where tgname in ('rollup_insert', 'rollup_update', 'rollup_update_moves', 'rollup_truncate') and tgrelid in ('arxdb.prices'::regclass, 'arxdb.candles'::regclass);

-- arxdb: down
drop trigger rollup_insert on arxdb.prices;
drop trigger rollup_update on arxdb.prices;
drop trigger rollup_update_moves on arxdb.prices;
drop trigger rollup_truncate on arxdb.prices;
drop trigger rollup_insert on arxdb.candles;
drop trigger rollup_update on arxdb.candles;
drop trigger rollup_update_moves on arxdb.candles;
drop trigger rollup_truncate on arxdb.candles;
drop function arxdb.note_range(text, timestamptz, timestamptz);
drop function arxdb.forget_rollups();
drop function arxdb.note_moves();
drop function arxdb.note_changes();
drop function arxdb.default_staleness(text);
drop function arxdb.rollup_width(text);
drop table arxdb.rollup_dirty;
drop table arxdb.rollups;
