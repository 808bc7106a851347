// A plan as a person reads it: what goes where, and the first rows as they would be stored.
import { type Batch, decodeRow } from './batch.ts'
import { badRowError } from './explain.ts'
import { marketName } from './market.ts'
import { type Key, prefixOf } from './owners.ts'
import type { Plan } from './plan.ts'
import { BadRow, newRewriter } from './rewrite.ts'
import type { Source } from './source.ts'

const ROWS = 5

export interface Preview {
  readonly file: string
  readonly table: string
  readonly format: string
  /** Names of the columns of `rows`, and what they hold. */
  readonly columns: readonly { readonly name: string; readonly kind: 'time' | 'decimal' | 'int' }[]
  readonly rows: readonly Readonly<Record<string, string | null>>[]
  readonly notes: readonly string[]
}

/** Converts the first rows of a file without touching a database. Throws `bad-row` when they cannot be. */
export async function preview(source: Source, plan: Plan, now: Date): Promise<Preview> {
  const names: string[] = []
  const batches: Batch[] = []
  const rewriter = newRewriter({
    plan,
    now,
    resolve: async (key: Key) => {
      names.push(marketName(key))
      return { id: names.length, prefix: prefixOf(names.length, 0, plan.columns.length) }
    },
    onBatch: async (batch) => void batches.push(batch),
  })
  // Whole lines only, unless the head is all there is.
  const cut = source.whole ? source.head.length : source.head.lastIndexOf(0x0a) + 1
  try {
    await rewriter.push(source.head.subarray(0, cut))
    await rewriter.end()
  } catch (error) {
    throw error instanceof BadRow ? badRowError(source.name, error, { removed: 0 }) : error
  }
  const first = batches[0]
  const rows = first ? Array.from({ length: Math.min(ROWS, first.rows) }, (_, i) => decodeRow(first, i + 1, plan)) : []
  return {
    file: source.name,
    table: plan.target.table,
    format: plan.format,
    columns: plan.columns.map(({ name, kind }) => ({ name, kind: kind === 'bigint' ? 'int' : kind })),
    rows,
    notes: [
      `${source.name}: format ${plan.format}, to table ${plan.target.table}`,
      `columns: ${plan.columns.map((column) => `${column.from} -> ${column.name}`).join(', ')}`,
      `of: ${[...new Set(names)].join(', ')}; source ${plan.source}, attribution ${plan.attribution}`,
      ...(plan.ignored.length > 0 ? [`columns not used: ${plan.ignored.join(', ')}`] : []),
    ],
  }
}
