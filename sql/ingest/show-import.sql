-- Everything the ledger knows of one import.
-- @params  import_id int
-- @returns import_id int, state text, target text, file_name text null, import_key text null, source text, attribution text,
--          content_sha256 text null, content_bytes bigint null, mapping text null, rows_read bigint, inserted bigint,
--          updated bigint, unchanged bigint, duplicates bigint, skipped bigint, rejected bigint, merged bigint,
--          incomplete boolean, batches bigint, first_at timestamptz null, last_at timestamptz null,
--          started_at timestamptz, finished_at timestamptz null, arxdb_version text null
-- @locks   AccessShareLock
select i.import_id, i.state, i.target, i.file_name, i.import_key, i.source, i.attribution,
       encode(i.content_sha256, 'hex') as content_sha256, i.content_bytes, i.mapping::text as mapping, i.rows_read,
       i.inserted, i.updated, i.unchanged, i.duplicates, i.skipped, i.rejected, i.merged, i.incomplete,
       (select count(*) from arxdb.import_batches b where b.import_id = i.import_id) as batches,
       i.first_at, i.last_at, i.started_at, i.finished_at, i.arxdb_version
  from arxdb.imports i
  where i.import_id = :import_id::int
