-- What a deletion takes from the rollups: noted row by row. A statement's trigger that sees the deleted rows would forbid
-- the columnstore, which deletes whole segments without looking at them; with a trigger for each row it looks.
-- arxdb: requires timescaledb >= 2.19

-- Runs as its owner, as the notes of other changes do. A plan made when there were no notes would read all of them.
create function arxdb.note_bucket(market int, at timestamptz) returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
declare
  width constant interval := (
    select make_interval(secs => arxdb.rollup_width(m.timeframe)) from arxdb.markets m where m.market_id = market);
  start constant timestamptz := date_bin(width, at, timestamptz '2000-01-01 00:00:00+00');
begin
  if width is null or exists (
    select from arxdb.rollup_dirty d
      where d.market_id = market and d.since = start and d.until >= start + width
        and d.xmin = pg_current_xact_id()::xid)
  then
    return;
  end if;
  insert into arxdb.rollup_dirty (market_id, since, until) values (market, start, start + width);
end
$$;

-- Rows go in the order in which they lie, so the hour is most often the one before's, and that is all there is to do. A
-- setting of this function's own would cost every row more than the rest of it. The note's setting ends with the
-- transaction, or the savepoint, as the note does.
create function arxdb.note_deletion() returns trigger
language plpgsql
as $$
declare
  spot constant text := old.market_id || '@' || floor(extract(epoch from old.timestamp) / 3600);
begin
  if current_setting('arxdb.noted', true) is distinct from spot then
    perform set_config('arxdb.noted', spot, true);
    perform arxdb.note_bucket(old.market_id, old.timestamp);
  end if;
  return old;
end
$$;

create trigger rollup_delete before delete on arxdb.prices for each row execute function arxdb.note_deletion();
create trigger rollup_delete before delete on arxdb.candles for each row execute function arxdb.note_deletion();

-- arxdb: verify
select 1 / (count(*) = 2)::int from pg_trigger
  where tgname = 'rollup_delete' and tgrelid in ('arxdb.prices'::regclass, 'arxdb.candles'::regclass);

-- arxdb: down
drop trigger rollup_delete on arxdb.prices;
drop trigger rollup_delete on arxdb.candles;
drop function arxdb.note_deletion();
drop function arxdb.note_bucket(int, timestamptz);
