-- Makes the partitions or chunks that rows between two moments will need.
-- @params  facts text, since timestamptz, until timestamptz
-- @returns made int
-- @locks   ShareUpdateExclusiveLock
select arxdb.ensure_partitions(:facts::text, :since::timestamptz, :until::timestamptz) as made
