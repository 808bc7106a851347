-- Records the tier the schema is made for; the first migration's transaction does it, once.
-- @params  tier text, timescaledb text null
-- @returns -
-- @locks   RowExclusiveLock
insert into arxdb.schema_tier (tier, timescaledb)
select :tier::text, :timescaledb::text
where not exists (select from arxdb.schema_tier)
