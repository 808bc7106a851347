// The first rows converted before one is written: what is read in the wrong way shows at once.

import { ArxError } from '../errors.ts'
import { count } from '../wording.ts'
import { marketName } from './load/market.ts'
import type { Tolerance } from './load/tolerance.ts'
import type { Plan } from './plan/plan.ts'
import { type Batch, type Reject, told } from './rows/batch.ts'
import { type Key, prefixOf } from './rows/owners.ts'
import { newRewriter } from './rows/rewrite.ts'
import type { Rewriter } from './rows/rewriter.ts'
import { content, type Source } from './sources/source.ts'

export interface Trial {
  readonly batches: readonly Batch[]
  readonly rejects: readonly Reject[]
  readonly rewriter: Rewriter
  readonly markets: readonly string[]
}

/** From so many rejected rows on, this share of them says that columns are not what they are taken for. */
const WRONG_SHARE = 0.5
const ORDER_SHARE = 0.05
const ENOUGH = 5

/** Converts the file's head, or with `all` the whole file, without touching a database. */
export async function tryOut(source: Source, plan: Plan, now: Date, all = false): Promise<Trial> {
  const markets = new Map<string, number>()
  const batches: Batch[] = []
  const rejects: Reject[] = []
  const rewriter = newRewriter({
    ...{ plan, now },
    resolve: async (key: Key) => {
      const name = marketName(key)
      const id = markets.get(name) ?? markets.size + 1
      markets.set(name, id)
      return { id, prefix: prefixOf(id, 0, plan.views[0]!.columns.length), name, quote: key.quote }
    },
    onBatch: async (batch) => {
      rejects.push(...batch.rejects)
      // Of a whole file only the first rows are shown.
      if (batches.length === 0) batches.push(batch)
    },
  })
  if (all) for await (const chunk of content(source)) await rewriter.push(chunk)
  // Whole lines only, unless the head is all there is.
  else
    await rewriter.push(source.head.subarray(0, source.whole ? source.head.length : source.head.lastIndexOf(0x0a) + 1))
  await rewriter.end()
  return { batches, rejects, rewriter, markets: [...markets.keys()] }
}

/** Refuses a file whose first rows show that it is not what it is taken for; nothing is written yet. */
export async function preflight(source: Source, plan: Plan, now: Date, tolerance: Tolerance): Promise<void> {
  const { rejects, rewriter } = await tryOut(source, plan, now)
  const [first] = rejects
  if (!first) return
  const { rows } = rewriter
  const wrong = rejects.length > rows * WRONG_SHARE
  const known = source.whole && tolerance.exceeded(rejects.length, rows)
  if (!known && !(wrong && rejects.length >= ENOUGH)) return
  throw new ArxError({
    code: 'bad-row',
    message: `${source.name} ${told(first)}`,
    detail: [
      `${rejects.length} of the first ${count(rows, 'row')} cannot be loaded; nothing of the file is in`,
      ...orderOf(rejects, rows),
    ].join('; '),
    hint: wrong
      ? 'see how the file is read with --dry-run, and name its columns with --map or its layout with --format'
      : `correct or remove the rows, or allow more than ${tolerance.text} with --max-errors`,
  })
}

/** Many broken bounds: the columns stand in another order than they are read in. */
function orderOf(rejects: readonly Reject[], rows: number): readonly string[] {
  const broken = rejects.filter(({ code }) => code === 'candles_bounds').length
  if (broken < ENOUGH || broken < rows * ORDER_SHARE) return []
  const share = Math.round((100 * broken) / rows)
  return [
    `${share} % of them break high and low: the columns may stand in another order (Bitfinex writes open, close, high, low)`,
  ]
}
