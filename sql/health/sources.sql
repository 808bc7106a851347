-- Sources by what their imports of the last 90 days show: when the last one ended, how far apart they usually are, and
-- how many of other sources ended since. Those of one hour count as one, as a folder loaded at once is no habit.
-- @params  -
-- @returns source text, imports bigint, last_at timestamptz, silent float8, usual float8, others bigint
-- @locks   AccessShareLock
with recent as materialized (
  -- By the key, so that a long ledger is not read whole.
  select source, finished_at from (
    select source, finished_at, state from arxdb.imports order by import_id desc limit 20000
  ) i
  where state = 'done' and finished_at > now() - interval '90 days'
),
hour as (
  select source, date_trunc('hour', finished_at) as hour, max(finished_at) as finished_at, count(*) as imports
    from recent
    group by 1, 2
),
spaced as (
  select *, extract(epoch from hour - lag(hour) over (partition by source order by hour)) as gap from hour
),
habit as (
  -- Nine of ten times: a weekend without a load is a habit as well.
  select source, sum(imports)::bigint as imports, max(finished_at) as last_at,
         percentile_cont(0.9) within group (order by gap) as usual
    from spaced
    group by source
    having count(*) >= 5 and max(hour) - min(hour) >= interval '1 day'
)
select h.source, h.imports, h.last_at, extract(epoch from now() - h.last_at)::float8 as silent, h.usual::float8 as usual,
       (select count(*) from recent r where r.source <> h.source and r.finished_at > h.last_at) as others
  from habit h
  order by extract(epoch from now() - h.last_at) / h.usual desc
  limit 200
