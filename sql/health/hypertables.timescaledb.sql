-- What several checks want to know of every hypertable, its chunks rolled up; the catalogue of chunks is read once.
-- @params  -
-- @returns relation text, view_name text null, time_column text, width float8 null, chunks bigint, compressed bigint,
--          partial bigint, partial_chunk text null, odd bigint, current_width float8 null, current_packed boolean null,
--          current_end timestamptz null, current_chunk text null, full_chunk text null, full_bytes bigint null,
--          full_is_over boolean null, ahead float8 null, furthest timestamptz null, furthest_chunk text null,
--          furthest_bytes bigint null, job_id int null, every float8 null, after float8 null, backlog bigint,
--          due timestamptz null, waiting float8 null, shared_buffers bigint, cache bigint
-- @locks   AccessShareLock
-- Measured is one chunk or two of each hypertable and not all of them. Brought together by grouping: the planner takes
-- the view of chunks to have a handful of rows, and any join with it may become one loop in another. A name is made an oid
-- only in schemas that the role may use: elsewhere that is an error, and what the view of settings would be too.
with piece as (
  select d.hypertable_schema, d.hypertable_name, null::text as chunk, null::timestamptz as lower, null::timestamptz as upper,
         null::timestamptz as made, null::boolean as compressed,
         case when a.view_name is not null then format('%I.%I', a.view_schema, a.view_name) end as view_name,
         d.column_name::text as time_column, d.time_interval as width,
         null::regclass as oid, null::int as job_id, null::interval as every, null::interval as after, null::interval as after_creation
    from timescaledb_information.dimensions d
    left join timescaledb_information.continuous_aggregates a
      on a.materialization_hypertable_schema = d.hypertable_schema and a.materialization_hypertable_name = d.hypertable_name
    where d.dimension_number = 1
  union all
  select hypertable_schema, hypertable_name, null, null, null, null, null, null, null, null, null, job_id, schedule_interval,
         (config ->> 'compress_after')::interval, (config ->> 'compress_created_before')::interval
    from timescaledb_information.jobs
    where proc_name in ('policy_compression', 'policy_columnstore') and scheduled
      -- Where time is a number it is one too, and may be larger than any interval.
      and coalesce(config ->> 'compress_after', '') !~ '^[0-9]+$'
  union all
  select hypertable_schema, hypertable_name, format('%I.%I', chunk_schema, chunk_name), range_start, range_end,
         chunk_creation_time, is_compressed, null, null, null,
         case when has_schema_privilege(chunk_schema, 'usage') then to_regclass(format('%I.%I', chunk_schema, chunk_name)) end,
         null, null, null, null
    from timescaledb_information.chunks
),
told as (
  select p.*,
         extract(epoch from upper - lower) as chunk_width, extract(epoch from max(width) over w) as usual_width,
         case when not compressed
           then coalesce(upper + max(after) over w, made + max(after_creation) over w) + max(every) over w end as due,
         -- 8: rows came after it was compressed, and lie beside the batches.
         case when compressed then _timescaledb_functions.chunk_status(oid) & 8 > 0 end as partial,
         max(lower) over w as furthest, max(lower) filter (where lower <= now()) over w as current,
         max(upper) filter (where not compressed and upper <= now()) over w as over
    from piece p
    window w as (partition by hypertable_schema, hypertable_name)
),
marked as (
  select *, lower = current as is_current, lower = furthest as is_furthest,
         -- Where all that are over are compressed, the one that is being filled.
         not compressed and (upper = over or over is null and lower = current) as is_written
    from told
),
hypertable as (
  select format('%I.%I', hypertable_schema, hypertable_name) as relation, max(view_name) as view_name,
         max(time_column) as time_column, max(width) as width, count(chunk) as chunks,
         count(*) filter (where compressed) as compressed, count(*) filter (where partial) as partial,
         min(chunk) filter (where partial) as partial_chunk, count(*) filter (where abs(chunk_width - usual_width) > 1) as odd,
         max(chunk_width) filter (where is_current) as current_width, bool_and(compressed) filter (where is_current) as current_packed,
         max(upper) filter (where is_current) as current_end,
         min(chunk) filter (where is_current) as current_chunk, min(chunk) filter (where is_written) as full_chunk,
         -- Chunks of one stretch of time, as a second dimension makes them, are written together.
         sum(pg_total_relation_size(oid)) filter (where is_written) as full_bytes,
         bool_and(upper <= now()) filter (where is_written) as full_is_over, max(furthest) as furthest,
         min(chunk) filter (where is_furthest) as furthest_chunk,
         sum(pg_relation_size(oid)) filter (where is_furthest) as furthest_bytes,
         min(job_id) as job_id, max(every) as every, coalesce(max(after), max(after_creation)) as after,
         count(*) filter (where due < now()) as backlog, min(due) as due
    from marked
    group by hypertable_schema, hypertable_name
    -- Jobs that are of no hypertable stand by themselves.
    having count(time_column) > 0
)
select relation, view_name, time_column, extract(epoch from width)::float8 as width,
       chunks, compressed, partial, partial_chunk, odd,
       current_width::float8 as current_width, current_packed, current_end, current_chunk, full_chunk, full_bytes::bigint as full_bytes,
       full_is_over, extract(epoch from furthest - now())::float8 as ahead, furthest, furthest_chunk,
       furthest_bytes::bigint as furthest_bytes, job_id, extract(epoch from every)::float8 as every,
       extract(epoch from after)::float8 as after, backlog, due, extract(epoch from now() - due)::float8 as waiting,
       pg_size_bytes(current_setting('shared_buffers')) as shared_buffers,
       pg_size_bytes(current_setting('effective_cache_size')) as cache
  from hypertable
  order by chunks desc, relation
  limit 10000
