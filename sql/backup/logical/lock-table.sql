-- How many locks a backup of this database takes, and how many the server has room for in all.
-- @params  -
-- @returns needed bigint, room bigint, per_transaction int, transactions int
-- @locks   AccessShareLock on catalogs
select (select count(*) from pg_catalog.pg_class
          where relkind in ('r', 'p', 'i', 'I', 'S', 'v', 'm', 't') and oid >= 16384) as needed,
       current_setting('max_locks_per_transaction')::bigint
         * (current_setting('max_connections')::bigint + current_setting('max_prepared_transactions')::bigint) as room,
       current_setting('max_locks_per_transaction')::int as per_transaction,
       current_setting('max_connections')::int + current_setting('max_prepared_transactions')::int as transactions
