import type { Check } from '../check.ts'

interface Row {
  readonly relation: string
  readonly newest_chunks: number
  readonly newest_before: number
  readonly newest_after: number
  readonly earlier_chunks: number
  readonly earlier_before: number | null
  readonly earlier_after: number | null
}

/** How many chunks are compared with how many before them, and from which size on. */
const COMPARED = { newest: 3, earlier: 30, least: 1 << 20 } as const
const FEWEST_BEFORE = 3

export const compressionRatio: Check = {
  ...{ name: 'compression-ratio', group: 'timescaledb', unit: '%', threshold: { warn: 70, crit: 40 } },
  ...{ needs: ['community'] },
  why: 'the same rows take more room than they did: another order, segments with too few rows, or other data',
  try: 'arxdb policy advise',
  clear: 'no hypertable has enough compressed chunks of a megabyte to compare',
  async measure({ run }) {
    const rows = await run<Row>('health/compression-ratio', COMPARED)
    return rows.flatMap(({ relation, newest_chunks, earlier_chunks, ...bytes }) => {
      if (earlier_chunks < FEWEST_BEFORE) return []
      const newest = bytes.newest_before / bytes.newest_after
      const earlier = bytes.earlier_before! / bytes.earlier_after!
      return [
        {
          ...{ object: relation, value: Number(((100 * newest) / earlier).toFixed(1)) },
          text: `the newest ${newest_chunks} chunks shrank ${newest.toFixed(1)}x, the ${earlier_chunks} before them ${earlier.toFixed(1)}x`,
        },
      ]
    })
  },
}
