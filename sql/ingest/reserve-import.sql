-- A new import's id, locked before anyone can see its row: a row in 'loading' without its lock is a dead load's.
-- @params  -
-- @returns import_id int, locked boolean
-- @locks   advisory, exclusive
select n.id as import_id, pg_try_advisory_xact_lock(hashtextextended('arxdb.import.' || n.id, 0)) as locked
  from (select nextval(pg_get_serial_sequence('arxdb.imports', 'import_id'))::int as id offset 0) n
