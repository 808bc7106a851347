-- Whether a table is a hypertable: without TimescaleDB none is.
-- @params  schema text, name text
-- @returns hypertable boolean, chunks int
-- @locks   none
select
  (:schema::text || :name::text) is null as hypertable,
  0 as chunks
