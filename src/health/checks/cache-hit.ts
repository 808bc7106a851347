import { count } from '../../wording.ts'
import { type Check, NotJudged } from '../check.ts'

interface Row {
  readonly hit: number
  readonly read: number
  readonly counted_since: string
}

/** Fewer blocks than this tell more of chance than of memory. */
const LEAST_BLOCKS = 10_000

export const cacheHit: Check = {
  ...{ name: 'cache-hit', group: 'server', unit: '%', threshold: { warn: 95, crit: 90 } },
  why: 'what is read again and again does not fit into memory: every question waits for the disk',
  try: 'arxdb slow; shared_buffers: arxdb tune',
  clear: 'no block was read',
  async measure({ run, before, remember }) {
    const [row] = await run<Row>('health/cache-hit')
    const now = { ...row! }
    const old = before?.values as Partial<Row> | undefined
    if (!before || typeof old?.hit !== 'number' || typeof old.read !== 'number') {
      remember(now)
      throw new NotJudged('SKIPPED', 'there is no earlier run to count from', 'arxdb health cache-hit, once more later')
    }
    const [hit, read] = [now.hit - old.hit, now.read - old.read]
    if (old.counted_since !== now.counted_since || hit < 0 || read < 0) {
      remember(now)
      throw new NotJudged('SKIPPED', `statistics were reset since the last run at ${before.at}`)
    }
    // Counted on from the same beginning, so that a quiet database is judged at last however often it is asked.
    if (hit + read < LEAST_BLOCKS) {
      throw new NotJudged(
        'SKIPPED',
        `${count(hit + read, 'block')} since ${before.at} tell too little: ${LEAST_BLOCKS} are needed`,
      )
    }
    remember(now)
    const value = (100 * hit) / (hit + read)
    return [{ object: null, value, text: `${value.toFixed(1)}% of ${count(hit + read, 'block')} since ${before.at}` }]
  },
}
