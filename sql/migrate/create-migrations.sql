-- Makes the ledger of migrations.
-- @params  -
-- @returns -
-- @locks   AccessExclusiveLock on the new table
create table if not exists arxdb.migrations (
  source text collate "C" not null,
  version text collate "C" not null,
  name text not null,
  variant text not null check (variant in ('any', 'timescaledb', 'postgres')),
  checksum text not null,
  raw_checksum text not null,
  state text not null check (state in ('applied', 'partial', 'baseline')),
  statements_done int not null,
  statements_total int not null,
  applied_at timestamptz not null default clock_timestamp(),
  duration_ms bigint not null,
  applied_by text not null default session_user,
  arxdb_version text not null,
  note text,
  primary key (source, version)
)
