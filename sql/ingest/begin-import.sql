-- Opens an import in the ledger.
-- @params  import_id int, target text, source text, attribution text, file_name text null, mapping_sha256 bytea,
--          mapping text, atomic boolean, import_key text null, arxdb_version text null
-- @returns import_id int
-- @locks   RowExclusiveLock
insert into arxdb.imports (import_id, state, target, source, attribution, file_name, mapping_sha256, mapping, atomic,
                           import_key, arxdb_version)
  overriding system value
  values (:import_id::int, 'loading', :target::text, :source::text, :attribution::text, :file_name::text,
          :mapping_sha256::bytea, :mapping::text::jsonb, :atomic::boolean, :import_key::text, :arxdb_version::text)
  returning import_id
