-- Lets a transaction compare with, replace and delete rows however many of a compressed chunk that unpacks: TimescaleDB
-- refuses more than 100,000 of its own accord. Elsewhere the setting means nothing.
-- @params  -
-- @returns setting text
-- @locks   -
select set_config('timescaledb.max_tuples_decompressed_per_dml_transaction', '0', true) as setting
