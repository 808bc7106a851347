-- Bytes of a hypertable with its chunks, compressed or not.
-- @params  relation text
-- @returns bytes bigint
-- @locks   AccessShareLock
select hypertable_size(:relation::text::regclass) as bytes
