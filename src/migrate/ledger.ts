// The ledger in schema arxdb: which migration stands in which state, and the tier the schema was made for.
import type { Tier } from '../engines/engine.ts'
import { packageVersion } from '../statements/package-root.ts'
import { ask, type Client } from './ask.ts'
import type { MigrationFile, Variant } from './files.ts'

export interface LedgerRow {
  readonly source: string
  readonly version: string
  readonly name: string
  readonly variant: Variant
  /** Of the whole up section; while `partial`, of the statements that are done. */
  readonly checksum: string
  readonly raw_checksum: string
  readonly state: 'applied' | 'partial' | 'baseline'
  readonly statements_done: number
  readonly statements_total: number
  readonly applied_at: string
  readonly duration_ms: number
  readonly applied_by: string
  readonly arxdb_version: string
  readonly note: string | null
}

export interface RecordedTier {
  readonly tier: Tier
  readonly timescaledb: string | null
}

const has = async (client: Client, relation: string): Promise<boolean> =>
  (await client.query<{ there: boolean }>('select to_regclass($1) is not null as there', [relation])).rows[0]!.there

/** Makes what is missing of the ledger. Asks first: `if not exists` needs the privilege even where all is there. */
export async function bootstrap(client: Client): Promise<void> {
  const { rows } = await client.query<{ there: boolean }>("select to_regnamespace('arxdb') is not null as there")
  if (!rows[0]!.there) await client.query('create schema if not exists arxdb')
  if (!(await has(client, 'arxdb.migrations'))) await ask(client, 'migrate/create-migrations')
  if (!(await has(client, 'arxdb.schema_tier'))) await ask(client, 'migrate/create-schema-tier')
  if (!(await has(client, 'arxdb.migration_repairs'))) await ask(client, 'migrate/create-repairs')
}

/** All rows, by source and version; none where there is no ledger yet. */
export const readLedger = async (client: Client): Promise<readonly LedgerRow[]> =>
  (await has(client, 'arxdb.migrations')) ? ask<LedgerRow>(client, 'migrate/ledger') : []

/** The tier the schema was made for; undefined before the first migration. */
export async function readTier(client: Client): Promise<Tier | undefined> {
  if (!(await has(client, 'arxdb.schema_tier'))) return undefined
  return (await ask<{ tier: Tier }>(client, 'engine/tier'))[0]?.tier
}

/** Keeps the first word: later migrations record nothing. */
export const recordTier = (client: Client, { tier, timescaledb }: RecordedTier): Promise<unknown> =>
  ask(client, 'migrate/record-tier', { tier, timescaledb })

export type Progress = Pick<LedgerRow, 'state' | 'statements_done' | 'checksum' | 'duration_ms' | 'note'>

/** Writes the row of a file as it stands now; durations of a resumed file add up. */
export const record = (client: Client, file: MigrationFile, progress: Progress): Promise<unknown> =>
  ask(client, 'migrate/record', {
    source: file.source,
    version: file.version,
    name: file.name,
    variant: file.variant,
    raw_checksum: file.rawChecksum,
    statements_total: file.up.length,
    arxdb_version: packageVersion(),
    ...progress,
  })
