-- Keeps what a repair changed, by whom and why.
-- @params  action text, source text, version text, name text, old_checksum text, new_checksum text null, note text
-- @returns -
-- @locks   RowExclusiveLock
insert into arxdb.migration_repairs (action, source, version, name, old_checksum, new_checksum, note)
values (
  :action::text, :source::text, :version::text, :name::text, :old_checksum::text, :new_checksum::text, :note::text
)
