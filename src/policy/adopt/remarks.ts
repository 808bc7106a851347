// What a plan has to say beside its steps: where figures are from, what is needed, what will not be.
import { formatDuration } from '../../duration.ts'
import { count, humanBytes, roughly } from '../../wording.ts'
import { chunkBudget, expectedChunks } from './choices.ts'
import type { AdoptStep, Chosen } from './plan.ts'
import { isNumber } from './survey.ts'

export interface Remark {
  readonly level: 'info' | 'warn'
  readonly text: string
}

const info = (text: string): Remark => ({ level: 'info', text })
const warn = (text: string): Remark => ({ level: 'warn', text })

/** Of TimescaleDB and PostgreSQL, measured: a chunk takes a lock on itself, its TOAST, its indexes and constraints. */
const LOCKS_OF_A_CHUNK = 11
/** Of so many, every query's plan takes noticeably longer. */
const MANY_CHUNKS = 2_000

/** `unmeasured` says why there is no sample. */
export function remarks(
  chosen: Chosen,
  steps: readonly AdoptStep[],
  unmeasured: string | undefined,
): readonly Remark[] {
  const { facts, seen, sample } = chosen
  const rows = count(seen.rows, 'row')
  return [
    info(
      `${seen.counted ? rows : `about ${rows} (the planner's estimate)`}, ${humanBytes(facts.table.bytes)} with indexes`,
    ),
    interval(chosen),
    ...locks(chosen),
    info(
      `needs about ${humanBytes(facts.table.bytes)} of free disk, and as much of WAL, until it is committed: how much there is, SQL cannot ask`,
    ),
    time(steps, sample?.rows),
    ...columnstore(chosen),
    ...(unmeasured === undefined ? [] : [warn(`nothing was measured on a sample: ${unmeasured}`)]),
    ...leftOpen(chosen),
  ]
}

function interval({ facts, seen, time, interval }: Chosen): Remark {
  const chunks = expectedChunks(seen, interval)
  const width = isNumber(time) ? `${interval} units` : formatDuration(interval * 1000)
  const range = seen.ranged ? '' : ', by the range of some pages'
  const budget = isNumber(time) ? '' : `; a chunk should keep within ${humanBytes(chunkBudget(facts.table))} of memory`
  return info(`chunks of ${width} by ${time.name}: ${chunks === 0 ? 'none yet' : `at most ${chunks}${range}`}${budget}`)
}

function locks({ facts, seen, interval }: Chosen): readonly Remark[] {
  const chunks = expectedChunks(seen, interval)
  const needed = chunks * (LOCKS_OF_A_CHUNK + facts.indexes.length)
  if (needed > facts.table.lock_slots)
    return [
      warn(
        `${chunks} chunks may take ${needed} locks, and the server has room for ${facts.table.lock_slots}: a wider --chunk-interval, or a larger max_locks_per_transaction`,
      ),
    ]
  return chunks > MANY_CHUNKS ? [warn(`${chunks} chunks make every query slower to plan: see --chunk-interval`)] : []
}

function time(steps: readonly AdoptStep[], sampled: number | undefined): Remark {
  const seconds = steps.reduce((sum, step) => sum + (step.seconds ?? 0), 0)
  const how =
    sampled === undefined ? '' : `, about ${roughly(Math.max(1, seconds))} by a sample of ${count(sampled, 'row')}`
  return info(`nobody can read or write the table meanwhile${how}`)
}

function columnstore({ facts, sample, noColumnstore, segmentBy }: Chosen): readonly Remark[] {
  if (noColumnstore !== undefined) return [info(`no columnstore: ${noColumnstore}`)]
  const share = sample?.bytesAfter
  const after =
    share === undefined
      ? 'too few rows to tell its size when compressed'
      : `when compressed about ${humanBytes(Math.round(facts.table.bytes * share))}, by the newest ${count(sample!.rows, 'row')}`
  const segmented = segmentBy.length > 0 ? `by ${segmentBy.join(', ')}` : 'none: no column of its key has few values'
  return [info(`${after}; segments: ${segmented}`)]
}

function leftOpen({ seen, time }: Chosen): readonly Remark[] {
  return [
    ...(seen.nulls === undefined ? [warn(`whether ${time.name} is always set was not found out in time`)] : []),
    ...(time.nullable ? [info(`${time.name} becomes not null`)] : []),
    ...(isNumber(time)
      ? [info('a policy speaks of time, so it cannot be said of numbers: nothing for arxdb.json')]
      : []),
  ]
}
