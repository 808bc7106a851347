-- Settings as they are in force, what may be written into them, and whether this role may.
-- @params  names text[]
-- @returns name text, setting text, unit text null, vartype text, context text, source text, min_val text null, max_val text null,
--          enumvals text[] null, pending_restart boolean, may_set boolean
-- @locks   AccessShareLock on catalogs
select name, setting, unit, vartype, context, source, min_val, max_val, enumvals, pending_restart,
       has_parameter_privilege(name, 'ALTER SYSTEM') as may_set
  from pg_settings
  where name = any(:names::text[])
