// What the database holds against what the files say. Nothing is changed.
import { ArxError, EXIT } from '../errors.ts'
import type { Entry } from './compare.ts'
import { BUILT_IN, label } from './files.ts'
import { type InvalidIndex, invalidIndexes } from './indexes.ts'
import { type SurveyWish, survey } from './survey.ts'
import { withWorker } from './worker.ts'

export interface StatusRow {
  readonly source: string
  readonly version: string
  readonly name: string
  readonly variant: string
  readonly state: Entry['state']
  readonly applied_at: string | null
  /** What a person wants to know of this state. */
  readonly note: string | null
}

export interface Status {
  readonly tier: string
  /** The ledger already says so; else it is what the first migration would choose. */
  readonly recorded: boolean
  readonly rows: readonly StatusRow[]
  readonly invalidIndexes: readonly InvalidIndex[]
  /** Sources of the ledger whose directory was not given, so that nothing is said of them. */
  readonly strangers: readonly string[]
}

function noteOf({ state, row, file }: Entry): string | null {
  if (state === 'partial') {
    return `${row!.statements_done} of ${file!.up.length} statements are done${row!.note ? `; ${row!.note}` : ''}`
  }
  if (state === 'edited') return `differs from what ran on ${row!.applied_at.slice(0, 10)}`
  if (state === 'missing') return 'in the ledger, but the file is gone'
  if (state === 'out-of-order') return 'below a version that is already applied'
  return row?.note ?? null
}

const statusRow = (entry: Entry): StatusRow => ({
  source: entry.source,
  version: entry.version,
  name: entry.name,
  variant: entry.file?.variant ?? entry.row!.variant,
  state: entry.state,
  applied_at: entry.row && entry.state !== 'partial' ? entry.row.applied_at : null,
  note: noteOf(entry),
})

export const status = (wish: SurveyWish): Promise<Status> =>
  withWorker(wish.connection, async ({ client }) => {
    const { now, creatable, entries, strangers } = await survey(client, wish)
    const tier = creatable ? 'with timescaledb, which the first migration creates' : now.tier
    return {
      tier,
      recorded: now.recorded,
      rows: entries.map(statusRow),
      invalidIndexes: await invalidIndexes(client),
      strangers,
    }
  })

const isClean = ({ state }: StatusRow): boolean => state === 'applied' || state === 'baseline'

/** Throws exit 3, naming the files, unless everything is applied and as it was. */
export function assertClean({ rows }: Status): void {
  const open = rows.filter((row) => !isClean(row))
  if (open.length === 0) return
  const states = [...new Set(open.map((row) => row.state))]
  const named = states.map(
    (s) =>
      `${s}: ${open
        .filter((row) => row.state === s)
        .map(label)
        .join(', ')}`,
  )
  const onlyPending = states.every((s) => s === 'pending' || s === 'partial')
  throw new ArxError({
    code: onlyPending ? 'pending' : 'drift',
    message: `the database is not as the migrations say: ${named.join('; ')}`,
    hint: onlyPending
      ? 'arxdb migrate'
      : `see \`arxdb migrate repair --help\`${open.some((r) => r.source !== BUILT_IN) ? ', with the same --dir' : ''}`,
    exit: EXIT.problems,
  })
}
