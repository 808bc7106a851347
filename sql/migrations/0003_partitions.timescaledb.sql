-- Facts become hypertables; chunks can be made ahead of a load.
-- arxdb: requires timescaledb >= 2.19

-- One day, the interval people paste, gives thousands of tiny chunks for daily candles. No second dimension: on one
-- node it gains nothing. No index of TimescaleDB's own on the time alone: the key serves, see 0002.
select create_hypertable('arxdb.prices', by_range('timestamp', interval '30 days'), create_default_indexes => false);
select create_hypertable('arxdb.candles', by_range('timestamp', interval '90 days'), create_default_indexes => false);
select create_hypertable('arxdb.analytics', by_range('timestamp', interval '365 days'), create_default_indexes => false);

-- Makes the chunk that starts at a point of the grid (microseconds). create_chunk needs the Timescale licence; without
-- it a row is inserted and deleted, and its chunk stays.
create function arxdb.make_chunk(facts text, lower_us bigint, upper_us bigint) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  at timestamptz := to_timestamp(lower_us / 1000000.0);
begin
  perform from _timescaledb_functions.create_chunk(format('arxdb.%I', facts)::regclass,
    jsonb_build_object('timestamp', jsonb_build_array(lower_us, upper_us)));
exception when feature_not_supported or undefined_function or internal_error then
  case facts
    when 'prices' then
      insert into arxdb.prices (market_id, timestamp, price) values (-1, at, 1);
      delete from arxdb.prices where market_id = -1 and timestamp = at;
    when 'candles' then
      insert into arxdb.candles (market_id, timestamp, open, high, low, close) values (-1, at, 1, 1, 1, 1);
      delete from arxdb.candles where market_id = -1 and timestamp = at;
    when 'analytics' then
      insert into arxdb.analytics (exchange_id, timestamp, markets) values ('arxdb-chunk', at, 0);
      delete from arxdb.analytics where exchange_id = 'arxdb-chunk' and timestamp = at;
  end case;
end
$$;

-- Makes the chunks that rows between the two moments will need, and returns how many are new. Called in a transaction of
-- its own before a load: a chunk made inside one holds the other connections of that load up until it commits.
create function arxdb.ensure_partitions(facts text, since timestamptz, until timestamptz) returns int
language plpgsql
set search_path = pg_catalog, pg_temp
set lock_timeout = '5s'
as $$
declare
  width bigint;
  lower_us bigint;
  made int := 0;
begin
  select (extract(epoch from d.time_interval) * 1000000)::bigint into strict width
    from timescaledb_information.dimensions d
    where d.hypertable_schema = 'arxdb' and d.hypertable_name = facts and d.dimension_number = 1;
  lower_us := floor((extract(epoch from since) * 1000000) / width) * width;
  while lower_us <= extract(epoch from until) * 1000000 loop
    -- A chunk of another width may lie in the way: then the insert makes what is missing.
    if not exists (
      select from timescaledb_information.chunks c
        where c.hypertable_schema = 'arxdb' and c.hypertable_name = facts
          and c.range_start < to_timestamp((lower_us + width) / 1000000.0)
          and c.range_end > to_timestamp(lower_us / 1000000.0)
    ) then
      perform arxdb.make_chunk(facts, lower_us, lower_us + width);
      made := made + 1;
    end if;
    lower_us := lower_us + width;
  end loop;
  return made;
end
$$;

-- Before a single row: here its insert makes the chunk.
create function arxdb.make_room(facts text, at timestamptz) returns void
language sql immutable
begin atomic
end;

-- arxdb: verify
select 1 / (count(*) = 3)::int from timescaledb_information.hypertables where hypertable_schema = 'arxdb';

-- arxdb: down
drop function arxdb.make_room(text, timestamptz);
drop function arxdb.ensure_partitions(text, timestamptz, timestamptz);
drop function arxdb.make_chunk(text, bigint, bigint);
