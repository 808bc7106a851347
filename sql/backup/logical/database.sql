-- What `create database` has to be told to make another one like this, and the settings that were given to it.
-- @params  -
-- @returns encoding text, lc_collate text, lc_ctype text, provider text, locale text null, settings text[], bytes bigint
-- @locks   AccessShareLock on catalogs
select pg_catalog.pg_encoding_to_char(d.encoding)::text as encoding, d.datcollate::text as lc_collate,
       d.datctype::text as lc_ctype, d.datlocprovider::text as provider,
       -- daticulocale until 16, datlocale from 17 on.
       coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale') as locale,
       coalesce((select s.setconfig from pg_catalog.pg_db_role_setting s where s.setdatabase = d.oid and s.setrole = 0),
                '{}') as settings,
       pg_catalog.pg_database_size(d.oid) as bytes
  from pg_catalog.pg_database d where d.datname = current_database()
