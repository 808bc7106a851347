-- Facts become hypertables; chunks can be made ahead of a load.
-- arxdb: requires timescaledb >= 2.19

-- One day, the interval people paste, gives thousands of tiny chunks for daily candles. No second dimension: on one
-- node it gains nothing. No index of TimescaleDB's own on the time alone: the key serves, see 0002.
select create_hypertable('arxdb.prices', by_range('timestamp', interval '30 days'), create_default_indexes => false);
select create_hypertable('arxdb.candles', by_range('timestamp', interval '90 days'), create_default_indexes => false);
select create_hypertable('arxdb.analytics', by_range('timestamp', interval '365 days'), create_default_indexes => false);

-- Makes the chunks that rows between the two moments will need, and returns how many are new. Called in a transaction of
-- its own before a load: a chunk made inside one holds the other connections of that load up until it commits.
-- Best effort: a chunk it cannot make ahead is made by the insert.
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
    if not exists (
      select from timescaledb_information.chunks c
        where c.hypertable_schema = 'arxdb' and c.hypertable_name = facts
          and c.range_start < to_timestamp((lower_us + width) / 1000000.0)
          and c.range_end > to_timestamp(lower_us / 1000000.0)
    ) then
      begin
        perform from _timescaledb_functions.create_chunk(
          format('arxdb.%I', facts)::regclass,
          jsonb_build_object('timestamp', jsonb_build_array(lower_us, lower_us + width)));
        made := made + 1;
      exception when undefined_function or duplicate_table or internal_error then
        null;
      end;
    end if;
    lower_us := lower_us + width;
  end loop;
  return made;
end
$$;

-- arxdb: verify
select 1 / (count(*) = 3)::int from timescaledb_information.hypertables where hypertable_schema = 'arxdb';

-- arxdb: down
drop function arxdb.ensure_partitions(text, timestamptz, timestamptz);
