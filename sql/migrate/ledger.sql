-- The ledger: what has been applied, per source and version.
-- @params  -
-- @returns source text, version text, name text, variant text, checksum text, raw_checksum text, state text,
--          statements_done int, statements_total int, applied_at timestamptz, duration_ms bigint, applied_by text,
--          arxdb_version text, note text null
-- @locks   AccessShareLock
select
  source, version, name, variant, checksum, raw_checksum, state, statements_done, statements_total, applied_at,
  duration_ms, applied_by, arxdb_version, note
from arxdb.migrations
order by source, version::numeric
