-- Chunks are made ahead between chunks of other bounds too: merged ones are wider than what is made now, and where the
-- interval was changed the old ones lie across its grid. Without it, what lies in a slot beside such a chunk would be made
-- inside the loads, and each of their batches would look for it again.
-- arxdb: requires timescaledb >= 2.19

-- Makes the chunks that rows between the two moments (both included) will need, and returns how many are new. Called in a
-- transaction of its own before a load: a chunk made inside one holds the other connections of that load up until it
-- commits.
create or replace function arxdb.ensure_partitions(facts text, since timestamptz, until timestamptz) returns int
language plpgsql
set search_path = pg_catalog, pg_temp
set lock_timeout = '5s'
as $$
declare
  width bigint;
  until_us constant bigint := extract(epoch from until) * 1000000;
  at_us bigint := extract(epoch from since) * 1000000;
  slot_us bigint;
  upper_us bigint;
  around record;
  made int := 0;
begin
  select (extract(epoch from d.time_interval) * 1000000)::bigint into strict width
    from timescaledb_information.dimensions d
    where d.hypertable_schema = 'arxdb' and d.hypertable_name = facts and d.dimension_number = 1;
  while at_us <= until_us loop
    select (extract(epoch from max(c.range_end) filter (where c.range_end <= t.at)) * 1000000)::bigint as floor_us,
           (extract(epoch from min(c.range_start) filter (where c.range_start > t.at)) * 1000000)::bigint as ceiling_us,
           (extract(epoch from max(c.range_end) filter (where c.range_start <= t.at and c.range_end > t.at)) * 1000000)::bigint
             as holds_us
      into around
      from (select to_timestamp(at_us / 1000000.0) as at) t
      join timescaledb_information.chunks c on c.hypertable_schema = 'arxdb' and c.hypertable_name = facts;
    if around.holds_us is not null then
      at_us := around.holds_us;
    else
      slot_us := floor(at_us::numeric / width) * width;
      upper_us := least(slot_us + width, around.ceiling_us);
      perform arxdb.make_chunk(facts, greatest(slot_us, around.floor_us), upper_us);
      made := made + 1;
      at_us := upper_us;
    end if;
  end loop;
  return made;
end
$$;

-- arxdb: verify
select arxdb.ensure_partitions('candles', '2020-01-02', '2020-01-01');

-- arxdb: down
create or replace function arxdb.ensure_partitions(facts text, since timestamptz, until timestamptz) returns int
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
