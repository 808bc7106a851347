-- Hypertables: here there are none.
-- @params  -
-- @returns schema text, name text, dimensions jsonb, columnstore boolean, segment_by text null, order_by text null, merge_to text null,
--          compressed jsonb
-- @locks   -
select null::text as schema, null::text as name, null::jsonb as dimensions, null::boolean as columnstore, null::text as segment_by,
       null::text as order_by, null::text as merge_to, null::jsonb as compressed
  where false
