-- Makes an exchange known; one that is known stays as it is.
-- @params  exchange_id text
-- @returns exchange_id text
-- @locks   RowExclusiveLock
with new as (
  insert into arxdb.exchanges (exchange_id) values (lower(:exchange_id::text)) on conflict do nothing
)
select lower(:exchange_id::text) as exchange_id
