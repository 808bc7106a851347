-- Takes the roles' and database's time limits off this transaction where the server knows the setting (17).
-- @params  -
-- @returns set_config text
-- @locks   none
select set_config('transaction_timeout', '0', true)
where current_setting('server_version_num')::int >= 170000
