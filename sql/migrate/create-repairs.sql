-- Makes the record of repairs: a ledger row that was dropped cannot carry its own note.
-- @params  -
-- @returns -
-- @locks   AccessExclusiveLock on the new table
create table if not exists arxdb.migration_repairs (
  repair_id bigint generated always as identity primary key,
  repaired_at timestamptz not null default clock_timestamp(),
  repaired_by text not null default session_user,
  action text not null check (action in ('checksum', 'forget')),
  source text collate "C" not null,
  version text collate "C" not null,
  name text not null,
  old_checksum text not null,
  new_checksum text,
  note text not null
)
