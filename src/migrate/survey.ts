// What stands where: tier, files, ledger and how they compare. Read-only, and without the lock.
import type { Connection } from '../connect/connection.ts'
import type { Tier } from '../engines/engine.ts'
import { ArxError, EXIT, usageError } from '../errors.ts'
import type { Client } from './ask.ts'
import { compare, type Entry } from './compare.ts'
import { type Directory, filesFor, label, type MigrationFile } from './files.ts'
import { type LedgerRow, readLedger, readTier } from './ledger.ts'
import { isTransactionControl, shape } from './shape.ts'
import { engineOf, extensionCreatable, type Situation, situation } from './tier.ts'

export interface SurveyWish {
  readonly connection: Connection
  readonly directories: readonly Directory[]
  readonly tier?: Tier | undefined
}

export interface Survey {
  readonly now: Situation
  /** The first migration would create the extension, and the tier with it. */
  readonly creatable: boolean
  readonly entries: readonly Entry[]
  /** Sources of the ledger whose directory was not given: not judged. */
  readonly strangers: readonly string[]
}

/** Reads everything on `client`. Before the first migration the variants are those it would choose. */
export async function survey(client: Client, { directories, tier }: SurveyWish): Promise<Survey> {
  const creatable = await extensionCreatable(client)
  const promised = creatable && tier !== 'plain' && (await readTier(client)) === undefined
  const now = await situation(client, promised ? undefined : tier)
  const ledger = await readLedger(client)
  const sources = directories.map((d) => d.source)
  const files = filesFor(directories, promised ? 'timescaledb' : engineOf(now.tier))
  return {
    now,
    creatable: promised,
    entries: compare(sources, files, ledger),
    strangers: [...new Set(ledger.map((row: LedgerRow) => row.source))].filter((s) => !sources.includes(s)),
  }
}

const names = (entries: readonly Entry[]): string => entries.map(label).join(', ')

/** Refuses to build on ground that moved: an edited file, or one that slipped in below what is applied. */
export function checkGround(entries: readonly Entry[], allowOutOfOrder: boolean): void {
  const edited = entries.filter((e) => e.state === 'edited')
  const late = entries.filter((e) => e.state === 'out-of-order')
  if (edited.length > 0) {
    throw new ArxError({
      code: 'edited',
      message: `changed after it was applied: ${names(edited)}`,
      detail: 'nothing was run',
      hint: "put the file back as it was, or accept it: arxdb migrate repair --note 'why'",
      exit: EXIT.problems,
    })
  }
  if (late.length > 0 && !allowOutOfOrder) {
    throw new ArxError({
      code: 'out-of-order',
      message: `below a version that is already applied: ${names(late)}`,
      detail: 'nothing was run',
      hint: 'give it a higher number, or run it all the same: --out-of-order',
      exit: EXIT.problems,
    })
  }
}

/** The runner sets the boundaries; a file that sets its own would be neither atomic nor resumable. */
export function checkBoundaries(files: readonly MigrationFile[]): void {
  for (const file of files) {
    for (const statement of [...file.up, ...(file.down ?? [])].filter(isTransactionControl)) {
      throw usageError(
        `${file.file}:${statement.line}: "${shape(statement)}" in a migration; arxdb begins and commits by itself`,
        'take it out; a file is one transaction, or with "-- arxdb: no-transaction" one statement at a time',
      )
    }
  }
}
