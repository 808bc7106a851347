-- A lock by name until the transaction ends, or false when another session has it.
-- @params  name text
-- @returns locked boolean
-- @locks   advisory, exclusive
select pg_try_advisory_xact_lock(hashtextextended(:name::text, 0)) as locked
