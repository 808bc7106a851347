-- Takes and exports the snapshot of this transaction.
-- @params  -
-- @returns id text, at timestamptz
-- @locks   -
select pg_catalog.pg_export_snapshot() as id, clock_timestamp() as at
