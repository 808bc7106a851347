-- Partitions of a table and the half-open time they hold.
-- @params  facts text
-- @returns partition text, lower timestamptz, upper timestamptz
-- @locks   AccessShareLock
select partition::text as partition, lower, upper from arxdb.partitions(:facts::text) order by lower
