-- Rows of analytics that are an import's own now; its time span keeps it to the partitions concerned.
-- @params  import_id int, since timestamptz, until timestamptz
-- @returns rows bigint
-- @locks   AccessShareLock
select count(*) as rows
  from arxdb.analytics
  where import_id = :import_id::int and timestamp >= :since::timestamptz and timestamp <= :until::timestamptz
