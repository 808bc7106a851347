-- Deletes the expired candles of some markets inside a stretch of time.
-- @params  markets int[], since timestamptz, until timestamptz
-- @returns deleted bigint
-- @locks   RowExclusiveLock
with gone as (
  delete from arxdb.candles
    where market_id = any (:markets::int[]) and timestamp >= :since::timestamptz and timestamp < :until::timestamptz
    returning 1
)
select count(*) as deleted from gone
