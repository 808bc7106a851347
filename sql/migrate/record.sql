-- Writes a migration's ledger row, or brings it up to date.
-- @params  source text, version text, name text, variant text, checksum text, raw_checksum text, state text,
--          statements_done int, statements_total int, duration_ms bigint, arxdb_version text, note text null
-- @returns -
-- @locks   RowExclusiveLock
insert into arxdb.migrations as m (
  source, version, name, variant, checksum, raw_checksum, state, statements_done, statements_total, duration_ms,
  arxdb_version, note
)
values (
  :source::text, :version::text, :name::text, :variant::text, :checksum::text, :raw_checksum::text, :state::text,
  :statements_done::int, :statements_total::int, :duration_ms::bigint, :arxdb_version::text, :note::text
)
on conflict (source, version) do update set
  name = excluded.name,
  variant = excluded.variant,
  checksum = excluded.checksum,
  raw_checksum = excluded.raw_checksum,
  state = excluded.state,
  statements_done = excluded.statements_done,
  statements_total = excluded.statements_total,
  applied_at = clock_timestamp(),
  duration_ms = m.duration_ms + excluded.duration_ms,
  applied_by = session_user,
  arxdb_version = excluded.arxdb_version,
  note = excluded.note
