-- What a deletion takes from the rollups: noted a statement at a time.

create trigger rollup_delete after delete on arxdb.prices referencing old table as changed
  for each statement execute function arxdb.note_changes();
create trigger rollup_delete after delete on arxdb.candles referencing old table as changed
  for each statement execute function arxdb.note_changes();

-- arxdb: verify
select 1 / (count(*) = 2)::int from pg_trigger
  where tgname = 'rollup_delete' and tgrelid in ('arxdb.prices'::regclass, 'arxdb.candles'::regclass);

-- arxdb: down
drop trigger rollup_delete on arxdb.prices;
drop trigger rollup_delete on arxdb.candles;
