-- Partitions without a lower or an upper bound are seen: rows beyond them need no new partition, which could not be made.

-- Partitions of a table and what they hold, [lower, upper): infinite where a bound was left open (MINVALUE, MAXVALUE), null
-- for the DEFAULT one.
create or replace function arxdb.partitions(facts text)
returns table (partition name, lower timestamptz, upper timestamptz)
language sql stable
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
  select c.relname,
         case (b.m)[1] when 'MINVALUE' then '-infinity' else trim('''' from (b.m)[1])::timestamptz end,
         case (b.m)[2] when 'MAXVALUE' then 'infinity' else trim('''' from (b.m)[2])::timestamptz end
    from pg_inherits i
    join pg_class c on c.oid = i.inhrelid
    cross join lateral regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM \((.+)\) TO \((.+)\)') b(m)
    where i.inhparent = format('arxdb.%I', facts)::regclass
$$;

-- How wide partitions are made is no secret: who may see the schema may see it, as `policy show` and `policy advise` do.
grant select on arxdb.partitioning to public;

-- A note without a beginning cannot be put right, and all after it would wait: it begins where there is something.
update arxdb.rollup_dirty d
  set since = coalesce((
    select date_bin('1 day', min(f.at), '2000-01-01 00:00:00+00') from (
      (select timestamp as at from arxdb.prices where market_id = d.market_id and isfinite(timestamp) order by timestamp limit 1)
      union all
      (select timestamp from arxdb.candles where market_id = d.market_id and isfinite(timestamp) order by timestamp limit 1)
      union all
      (select bucket from arxdb.rollups where market_id = d.market_id and width = 86400 order by bucket limit 1)
    ) f
    where f.at < d.until
  ), d.until - interval '1 day')
  where since = '-infinity' and isfinite(until);

-- arxdb: verify
select lower, upper from arxdb.partitions('candles') limit 0;
select 1 / has_table_privilege('public', 'arxdb.partitioning', 'select')::int;
select 1 / (count(*) = 0)::int from arxdb.rollup_dirty where since = '-infinity' and isfinite(until);

-- arxdb: down
revoke select on arxdb.partitioning from public;
create or replace function arxdb.partitions(facts text)
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
