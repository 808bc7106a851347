-- Facts become tables partitioned by time; partitions are made ahead of a load.
--
-- arxdb: allow drop-table: the shapes of 0002 are empty and replaced here
--
-- No DEFAULT partition: rows in it block making the right one, and it forbids DETACH CONCURRENTLY.

-- A table cannot be turned into a partitioned one: the empty shapes of 0002 are replaced by their like.
alter table arxdb.prices rename to prices_shape;
alter table arxdb.candles rename to candles_shape;
alter table arxdb.analytics rename to analytics_shape;
create table arxdb.prices (like arxdb.prices_shape including all) partition by range (timestamp);
create table arxdb.candles (like arxdb.candles_shape including all) partition by range (timestamp);
create table arxdb.analytics (like arxdb.analytics_shape including all) partition by range (timestamp);
drop table arxdb.prices_shape, arxdb.candles_shape, arxdb.analytics_shape;
alter table arxdb.prices rename constraint prices_pkey1 to prices_pkey;
alter table arxdb.candles rename constraint candles_pkey1 to candles_pkey;
alter table arxdb.analytics rename constraint analytics_pkey1 to analytics_pkey;

-- How wide new partitions are. One day gives thousands of tiny ones for daily candles.
create table arxdb.partitioning (
  table_name text collate "C" primary key check (table_name in ('prices', 'candles', 'analytics')),
  width      interval not null check (width >= interval '1 hour')
);
insert into arxdb.partitioning values ('prices', '30 days'), ('candles', '90 days'), ('analytics', '365 days');

-- Partitions of a table and what they hold, [lower, upper).
create function arxdb.partitions(facts text)
returns table (partition name, lower timestamptz, upper timestamptz)
language sql stable
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
  select c.relname, (b.m)[1]::timestamptz, (b.m)[2]::timestamptz
    from pg_inherits i
    join pg_class c on c.oid = i.inhrelid
    cross join lateral regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM \(''(.+)''\) TO \(''(.+)''\)') b(m)
    where i.inhparent = format('arxdb.%I', facts)::regclass
$$;

-- Makes the partitions that rows between the two moments (both included) need, and returns how many are new. Called in a
-- transaction of its own before a load. ATTACH and not CREATE ... PARTITION OF: that would lock the parent against
-- readers (AccessExclusive), ATTACH takes ShareUpdateExclusive. Runs as its owner, so that a role which may only load
-- can load any moment.
create function arxdb.ensure_partitions(facts text, since timestamptz, until timestamptz) returns int
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '5s'
set timezone = 'UTC'
as $$
declare
  step interval := (select width from arxdb.partitioning where table_name = facts);
  at timestamptz := since;
  slot record;
  here timestamptz;
  lower_bound timestamptz;
  upper_bound timestamptz;
  child text;
  made int := 0;
begin
  if step is null then
    raise exception 'no table "%" with partitions', facts;
  end if;
  while at <= until loop
    select p.upper into here from arxdb.partitions(facts) p where p.lower <= at and p.upper > at;
    if here is null then
      perform pg_advisory_xact_lock(hashtextextended('arxdb.partitions.' || facts, 0));
      -- Again under the lock: another load may have made it meanwhile.
      select max(p.upper) filter (where p.upper <= at) as floor, min(p.lower) filter (where p.lower > at) as ceiling,
             max(p.upper) filter (where p.lower <= at and p.upper > at) as holds
        into slot from arxdb.partitions(facts) p;
      here := slot.holds;
      if here is null then
        -- Neighbours of another width bound it: the width may have been changed since they were made.
        lower_bound := greatest(date_bin(step, at, timestamptz '2000-01-01 00:00:00+00'), slot.floor);
        upper_bound := least(date_bin(step, at, timestamptz '2000-01-01 00:00:00+00') + step, slot.ceiling);
        child := format('%s_p%s', facts, to_char(lower_bound, 'YYYYMMDD"t"HH24'));
        execute format('create table arxdb.%I (like arxdb.%I including all)', child, facts);
        execute format('alter table arxdb.%I attach partition arxdb.%I for values from (%L) to (%L)',
          facts, child, lower_bound, upper_bound);
        made := made + 1;
        here := upper_bound;
      end if;
    end if;
    at := here;
  end loop;
  return made;
end
$$;
revoke execute on function arxdb.ensure_partitions(text, timestamptz, timestamptz) from public;

-- Before a single row: its partition, looked for where it should be, which is cheap enough to do for every row.
create function arxdb.make_room(facts text, at timestamptz) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
  step interval := (select width from arxdb.partitioning where table_name = facts);
  child regclass := to_regclass(format('arxdb.%s_p%s', facts,
    to_char(date_bin(step, at, timestamptz '2000-01-01 00:00:00+00'), 'YYYYMMDD"t"HH24')));
  bounds text[];
begin
  if child is not null then
    select regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM \(''(.+)''\) TO \(''(.+)''\)') into bounds
      from pg_class c where c.oid = child;
    if at >= bounds[1]::timestamptz and at < bounds[2]::timestamptz then
      return;
    end if;
  end if;
  perform arxdb.ensure_partitions(facts, at, at);
end
$$;

-- arxdb: verify
select 1 / (count(*) = 3)::int from pg_partitioned_table p join pg_class c on c.oid = p.partrelid
  where c.relnamespace = 'arxdb'::regnamespace and c.relname in ('prices', 'candles', 'analytics');

-- arxdb: down
drop function arxdb.make_room(text, timestamptz);
drop function arxdb.ensure_partitions(text, timestamptz, timestamptz);
drop function arxdb.partitions(text);
drop table arxdb.partitioning;
