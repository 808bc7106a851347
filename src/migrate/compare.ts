// Files against ledger: the state of every migration. Pure, so that each rule can be shown by a test.
import { checksum } from './checksum.ts'
import { compareVersions, type MigrationFile } from './files.ts'
import type { LedgerRow } from './ledger.ts'

export type State = 'applied' | 'baseline' | 'pending' | 'out-of-order' | 'partial' | 'edited' | 'missing'

export interface Entry {
  readonly source: string
  readonly version: string
  readonly name: string
  readonly state: State
  readonly file: MigrationFile | undefined
  readonly row: LedgerRow | undefined
}

/** A partial file may be mended from the statement that failed on; what is done must stay as it was. */
function stateOf(file: MigrationFile, row: LedgerRow): State {
  const done = row.state === 'partial' ? file.up.slice(0, row.statements_done) : file.up
  if (row.state === 'partial' && file.up.length < row.statements_done) return 'edited'
  return checksum(done) === row.checksum ? row.state : 'edited'
}

function compareSource(source: string, files: readonly MigrationFile[], rows: readonly LedgerRow[]): Entry[] {
  const newest = rows.at(-1)?.version
  const entries: Entry[] = files.map((file) => {
    const row = rows.find((r) => compareVersions(r.version, file.version) === 0)
    const late = newest !== undefined && compareVersions(file.version, newest) < 0
    const state = row ? stateOf(file, row) : late ? 'out-of-order' : 'pending'
    return { source, version: file.version, name: file.name, state, file, row }
  })
  const known = (row: LedgerRow) => files.some((file) => compareVersions(file.version, row.version) === 0)
  for (const row of rows.filter((r) => !known(r))) {
    entries.push({ source, version: row.version, name: row.name, state: 'missing', file: undefined, row })
  }
  return entries.sort((a, b) => compareVersions(a.version, b.version))
}

/** One entry per version of the sources given, in the order they are applied in. */
export const compare = (
  sources: readonly string[],
  files: readonly MigrationFile[],
  ledger: readonly LedgerRow[],
): readonly Entry[] =>
  sources.flatMap((source) =>
    compareSource(
      source,
      files.filter((file) => file.source === source),
      ledger.filter((row) => row.source === source).sort((a, b) => compareVersions(a.version, b.version)),
    ),
  )

export const isToDo = (entry: Entry): boolean => ['pending', 'out-of-order', 'partial'].includes(entry.state)
