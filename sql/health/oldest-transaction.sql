-- What keeps vacuum from removing dead rows: transactions of sessions, prepared ones, and what standbys and slots ask to keep.
-- @params  longer_than float8
-- @returns kind text, name text, detail text, since timestamptz null, seconds float8 null, horizon text null, transactions bigint null
-- @locks   AccessShareLock on catalogs
-- Standbys and slots know no time, only a transaction: since when it has not moved is for the caller to remember.
(select 'session' as kind, a.pid::text as name, coalesce(a.usename, 'nobody') || ' (' || coalesce(nullif(a.application_name, ''), 'no name') || ')' as detail,
        a.xact_start as since, extract(epoch from clock_timestamp() - a.xact_start)::float8 as seconds,
        a.backend_xmin::text as horizon, age(a.backend_xmin)::bigint as transactions
   from pg_stat_activity a
   where a.backend_type in ('client backend', 'background worker') and a.leader_pid is null and a.pid <> pg_backend_pid()
     and a.xact_start < clock_timestamp() - make_interval(secs => :longer_than::float8)
     -- TimescaleDB's launchers and schedulers hold no snapshot.
     and (a.backend_type = 'client backend' or coalesce(a.backend_xmin, a.backend_xid) is not null)
   order by a.xact_start limit 50)
union all
(select 'prepared', p.gid, 'of ' || p.owner || ' in ' || p.database, p.prepared,
        extract(epoch from clock_timestamp() - p.prepared)::float8, p.transaction::text, age(p.transaction)::bigint
   from pg_prepared_xacts p
   where p.prepared < clock_timestamp() - make_interval(secs => :longer_than::float8)
   order by p.prepared limit 50)
union all
(select 'standby', coalesce(nullif(a.application_name, ''), a.pid::text), coalesce(host(a.client_addr), 'local'), null, null,
        a.backend_xmin::text, age(a.backend_xmin)::bigint
   from pg_stat_activity a
   where a.backend_type = 'walsender' and a.backend_xmin is not null
   order by age(a.backend_xmin) desc limit 50)
union all
(select 'slot', s.slot_name::text, case when s.active then 'in use' else 'not in use' end, null, null, h.xmin::text, age(h.xmin)::bigint
   from pg_replication_slots s
   cross join lateral (
     select x as xmin from unnest(array[s.xmin, s.catalog_xmin]) x where x is not null order by age(x) desc limit 1) h
   order by age(h.xmin) desc limit 50)
