// The GRANTs for people and jobs that are not the owner: least privilege for each of four roles.
import { usageError } from '../errors.ts'

const identifier = (name: string): string =>
  /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`

const role = (name: string): string => `do $$
begin
  if not exists (select from pg_roles where rolname = '${name.replaceAll("'", "''")}') then
    create role ${identifier(name)} nologin;
  end if;
end
$$;
`

const LEDGER = 'arxdb.migrations, arxdb.schema_tier, arxdb.migration_repairs'
const VIEWS = 'public.crypto_prices, public.crypto_ohlcv, public.crypto_market_analytics'

const ingest = (
  to: string,
): string => `-- ${to}: loads data and makes partitions ahead; changes neither schema nor ledger
grant usage on schema arxdb to ${to};
grant select, insert, update, delete on all tables in schema arxdb to ${to};
revoke insert, update, delete on ${LEDGER}, arxdb.policies from ${to};
grant usage, select on all sequences in schema arxdb to ${to};
grant execute on all functions in schema arxdb to ${to};
grant select, insert on ${VIEWS} to ${to};
alter default privileges in schema arxdb grant select, insert, update, delete on tables to ${to};
alter default privileges in schema arxdb grant usage, select on sequences to ${to};
alter default privileges in schema arxdb grant execute on functions to ${to};
`

const analyst = (to: string): string => `-- ${to}: reads everything, writes nothing
grant usage on schema arxdb to ${to};
grant select on all tables in schema arxdb to ${to};
grant select on ${VIEWS} to ${to};
alter default privileges in schema arxdb grant select on tables to ${to};
`

const monitor = (
  to: string,
): string => `-- ${to}: sees activity, sizes, the ledger, and when a market was last heard of; no price
grant pg_monitor to ${to};
grant usage on schema arxdb to ${to};
grant select on ${LEDGER}, arxdb.policies, arxdb.policy_runs, arxdb.job_leases, arxdb.imports, arxdb.import_batches to ${to};
grant select on all sequences in schema arxdb to ${to};
alter default privileges in schema arxdb grant select on sequences to ${to};
grant select on arxdb.markets, arxdb.rollup_dirty, arxdb.observed, public.performance_dashboard to ${to};
grant select (market_id, width, bucket, last_at) on arxdb.rollups to ${to};
`

const backup = (
  to: string,
): string => `-- ${to}: reads all there is, for dumps; marks moments; base backups also need: alter role ${to} replication
grant pg_read_all_data, pg_monitor to ${to};
grant execute on function pg_create_restore_point(text), pg_switch_wal() to ${to};
`

const ROLES = { ingest, analyst, monitor, backup } as const

/** SQL that makes the four roles `<prefix>ingest` ... and grants to each what it needs; to be run by the owner. */
export function grants(prefix: string): string {
  if (!/^[A-Za-z_][\w-]*$/.test(prefix))
    throw usageError(`"${prefix}" cannot begin a role's name`, '--role-prefix arxdb_')
  const parts = Object.entries(ROLES).map(([name, sql]) => `${role(prefix + name)}${sql(identifier(prefix + name))}`)
  return `-- Run as the role that owns schema arxdb, after each migration that adds tables of yours.\n${parts.join('\n')}`
}
