-- Makes the one-row table that says which tier the schema was made for.
-- @params  -
-- @returns -
-- @locks   AccessExclusiveLock on the new table
create table if not exists arxdb.schema_tier (
  tier text primary key check (tier in ('plain', 'apache', 'community')),
  timescaledb text,
  recorded_at timestamptz not null default clock_timestamp(),
  one_row boolean not null default true unique check (one_row)
)
