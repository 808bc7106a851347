-- What is kept in shape, and how: the policy that was applied, the runs that acted on it, the jobs that wait for a load.

-- As `policy apply` found it in a config file. `policy run` acts on this and on no file: cron may stand in a folder whose
-- config is another one, or none.
create table arxdb.policies (
  -- schema.table
  table_name text collate "C" primary key,
  policy     jsonb not null check (jsonb_typeof(policy) = 'object'),
  applied_at timestamptz not null default now(),
  applied_by text not null default session_user
);

-- That nothing was run is seen here.
create table arxdb.policy_runs (
  run_id   bigint generated always as identity primary key,
  host     text not null,
  began_at timestamptz not null default clock_timestamp(),
  -- Null while it runs, and where it was killed.
  ended_at timestamptz,
  error    text,
  steps    jsonb
);

-- Jobs of the server that make room for a load: put off, never switched off, so that they come back by themselves where
-- the load was killed.
create table arxdb.job_leases (
  job_id     int not null,
  -- `ingest 4711@host`
  holder     text collate "C" not null,
  -- When the job was due.
  next_start timestamptz not null,
  until      timestamptz not null,
  primary key (job_id, holder)
);

-- arxdb: verify
select table_name, policy, applied_at, applied_by from arxdb.policies limit 0;
select run_id, host, began_at, ended_at, error, steps from arxdb.policy_runs limit 0;
select job_id, holder, next_start, until from arxdb.job_leases limit 0;

-- arxdb: down
drop table arxdb.job_leases;
drop table arxdb.policy_runs;
drop table arxdb.policies;
