// Which tier a database is made for: what the server offers at the first migration, then what the ledger says.

import { type Detected, detect } from '../engines/detect.ts'
import type { Tier } from '../engines/engine.ts'
import { unsupportedError } from '../errors.ts'
import { statement } from '../statements/load.ts'
import { ask, type Client } from './ask.ts'
import type { MigrationFile, Variant } from './files.ts'
import { type RecordedTier, readTier } from './ledger.ts'

const RANK: Readonly<Record<Tier, number>> = { plain: 0, apache: 1, community: 2 }

export interface Situation extends RecordedTier {
  /** The ledger already says so. */
  readonly recorded: boolean
  readonly offered: Tier
  readonly server: number
}

export const engineOf = (tier: Tier): Exclude<Variant, 'any'> => (tier === 'plain' ? 'postgres' : 'timescaledb')

const probe = (client: Client): Promise<Detected> =>
  detect(async (name) => (await client.query(statement(name, { engine: 'postgres', server: 150_000 }).text)).rows)

/** TimescaleDB's library is loaded and the extension is not made in this database yet. */
export const extensionCreatable = async (client: Client): Promise<boolean> =>
  (await ask<{ creatable: boolean }>(client, 'migrate/extension'))[0]!.creatable

/**
 * The tier as it stands, or would be chosen. Throws `unsupported` (exit 5) when the server cannot give what is recorded
 * or wished, and when a wish contradicts the record.
 */
export async function situation(client: Client, wish: Tier | undefined): Promise<Situation> {
  const found = await probe(client)
  const recorded = await readTier(client)
  const { offered } = found
  if (recorded && wish && recorded !== wish) {
    throw unsupportedError(
      `this database was made for tier ${recorded}, not ${wish}`,
      'a tier is chosen by the first migration; make a new database for another one',
    )
  }
  const tier = recorded ?? wish ?? offered
  if (RANK[tier] > RANK[offered]) {
    throw unsupportedError(
      recorded
        ? `this database was made for tier ${tier}, and the server now offers only ${offered}`
        : `the server offers tier ${offered}, not ${tier}`,
      tier === 'community'
        ? 'needs TimescaleDB with timescaledb.license = timescale'
        : "needs TimescaleDB in shared_preload_libraries, then: psql -c 'create extension timescaledb'",
    )
  }
  const timescaledb = tier === 'plain' ? null : found.version.timescaledb
  return { tier, timescaledb, offered, server: found.version.server, recorded: recorded !== undefined }
}

const atLeast = (have: readonly number[], want: readonly number[]): boolean => {
  for (const [i, part] of want.entries()) {
    const difference = (have[i] ?? 0) - part
    if (difference !== 0) return difference > 0
  }
  return true
}

/** Checks `requires` of every file before the first one runs. */
export function checkRequirements(files: readonly MigrationFile[], now: Situation): void {
  const have = {
    postgresql: [Math.floor(now.server / 10_000), now.server % 10_000],
    timescaledb: now.timescaledb?.split('.').map((part) => Number.parseInt(part, 10)),
    community: now.tier === 'community' ? [0] : undefined,
  }
  for (const file of files) {
    for (const { what, version, text } of file.directives.requires) {
      const found = have[what]
      if (found && atLeast(found, version)) continue
      throw unsupportedError(
        `${file.file} requires ${text}; here is ${found ? `${what} ${found.join('.')}` : `tier ${now.tier}`}`,
      )
    }
  }
}
