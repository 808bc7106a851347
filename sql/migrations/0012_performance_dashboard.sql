-- The view performance_dashboard: the server at one glance, for dashboards that ask by that name; and when data came.
--
-- The first five columns are those that people have made by hand; one of that shape is replaced. They say what their names
-- say: connections are clients' (pg_stat_activity holds the server's own workers too), blocked are sessions that wait (one
-- statement may wait for several locks), and a standby that has replayed all it received lags by nothing, however long ago
-- the primary wrote last. Who lacks pg_monitor sees no states but those of the own sessions.

-- What pg_stat_statements knows of this database, in one row; `note` says why where it knows nothing. The extension may be
-- absent, come or go, and be in any schema, so a view cannot name it.
create function arxdb.statement_totals(
  out calls bigint, out mean_ms numeric, out slowest_ms numeric, out reset_at timestamptz, out note text
)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  place text;
  version int[];
begin
  select quote_ident(n.nspname), string_to_array(e.extversion, '.')::int[] into place, version
    from pg_extension e
    join pg_namespace n on n.oid = e.extnamespace
    where e.extname = 'pg_stat_statements';
  if place is null then
    note := 'pg_stat_statements is not there: create extension pg_stat_statements';
  elsif current_setting('pg_stat_statements.max', true) is null then
    note := 'pg_stat_statements is not loaded: it has to stand in shared_preload_libraries';
  elsif version < '{1,8}' then
    -- Its columns were total_time and mean_time then.
    note := 'pg_stat_statements is too old: alter extension pg_stat_statements update';
  else
    execute format(
      'select coalesce(sum(calls), 0)::bigint, round((sum(total_exec_time) / nullif(sum(calls), 0))::numeric, 3),
              round(max(max_exec_time)::numeric, 3)
         from %s.pg_stat_statements(false)
         where dbid = (select oid from pg_database where datname = current_database())', place)
      into calls, mean_ms, slowest_ms;
    if version >= '{1,9}' then
      execute format('select stats_reset from %s.pg_stat_statements_info', place) into reset_at;
    end if;
  end if;
end
$$;

create or replace view public.performance_dashboard as
  select a.connections as active_connections, a.active as active_queries, h.ratio as cache_hit_ratio,
         a.blocked as blocked_queries,
         case when pg_is_in_recovery() and pg_last_wal_receive_lsn() is distinct from pg_last_wal_replay_lsn()
              then extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()) else 0 end as replication_lag_seconds,
         a.longest as longest_query_seconds,
         current_setting('max_connections')::int as max_connections,
         s.calls as statements, s.mean_ms as mean_statement_ms, s.slowest_ms as slowest_statement_ms,
         s.reset_at as statements_since, s.note as statements_note
    from (
      select count(*) as connections, count(*) filter (where state = 'active') as active,
             count(*) filter (where wait_event_type = 'Lock') as blocked,
             max(extract(epoch from clock_timestamp() - query_start)) filter (where state = 'active' and pid <> pg_backend_pid())
               as longest
        from pg_stat_activity
        where backend_type = 'client backend' or backend_type is null and usesysid is not null
    ) a
    cross join (
      select round(100.0 * sum(blks_hit) / nullif(sum(blks_hit + blks_read), 0), 2) as ratio from pg_stat_database
    ) h
    cross join arxdb.statement_totals() s;

-- When something was observed, and nothing of what: for those who watch whether data still comes. Rights to columns of a
-- hypertable cannot be given (TimescaleDB looks for each column in the compressed table too), those to a view can.
create view arxdb.observed as
  select market_id, timestamp from arxdb.prices
  union all
  select market_id, timestamp from arxdb.candles;

comment on view public.performance_dashboard is 'arxdb: the server at one glance; statements_note says why statements are null';

-- arxdb: verify
select active_connections, active_queries, cache_hit_ratio, blocked_queries, replication_lag_seconds, statements,
       mean_statement_ms, statements_note
  from public.performance_dashboard limit 0;
select count(*) = 1 from public.performance_dashboard;
select market_id, timestamp from arxdb.observed limit 0;

-- arxdb: down
drop view arxdb.observed;
drop view public.performance_dashboard;
drop function arxdb.statement_totals();
