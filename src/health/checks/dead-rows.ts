import { count, percent } from '../../wording.ts'
import type { Check } from '../check.ts'

interface Row {
  readonly relation: string
  readonly parts: number
  readonly live: number
  readonly dead: number
  readonly vacuumed_at: string | null
}

/** A small table may be half dead at any time, and costs nothing. */
const LEAST_DEAD = 10_000

export const deadRows: Check = {
  ...{ name: 'dead-rows', group: 'server', unit: '%', threshold: { warn: 25, crit: 50 } },
  why: 'they are read with every scan, and vacuum does not come to them or may not remove them',
  try: 'arxdb health oldest-transaction; arxdb maintain',
  clear: `no table has ${count(LEAST_DEAD, 'dead row')}`,
  async measure({ run }) {
    const rows = await run<Row>('health/dead-rows', { least: LEAST_DEAD })
    return rows.map(({ relation, parts, live, dead, vacuumed_at }) => {
      const share = dead / (live + dead)
      const inParts = parts > 0 ? ` in ${count(parts, 'part')}` : ''
      const last = vacuumed_at === null ? 'never vacuumed' : `last vacuumed at ${vacuumed_at}`
      return {
        ...{ object: relation, value: 100 * share },
        text: `${count(dead, 'dead row')}${inParts}, ${percent(share)} of all; ${last}`,
        try: `arxdb health oldest-transaction; vacuum (analyze) ${relation}`,
      }
    })
  },
}
