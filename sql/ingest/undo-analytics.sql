-- Deletes what an import brought into analytics; its time span keeps it to the partitions concerned.
-- @params  import_id int, since timestamptz, until timestamptz
-- @returns deleted bigint
-- @locks   RowExclusiveLock
with gone as (
  delete from arxdb.analytics
    where import_id = :import_id::int and timestamp >= :since::timestamptz and timestamp <= :until::timestamptz
    returning 1
)
select count(*) as deleted from gone
