import { count, roughly } from '../../wording.ts'
import type { Check } from '../check.ts'
import { type Hypertable, hypertablesOf, titleOf } from '../hypertables.ts'

export const intervalDrift: Check = {
  // How many times as wide as set: nobody sees a half, and after a change the old chunk is used up first.
  ...{ name: 'interval-drift', group: 'timescaledb', unit: '1', threshold: { warn: 2, crit: 10 } },
  ...{ needs: ['timescaledb'] },
  why: 'an interval holds for new chunks alone: until the old one is over, rows go on into it and nothing of it is dropped',
  try: 'select * from timescaledb_information.chunks order by range_end desc limit 10',
  clear: 'no hypertable has a chunk of this moment',
  async measure(vantage) {
    const tables = await hypertablesOf(vantage)
    return tables.flatMap((table) => {
      const { width, current_width, current_packed, current_end, odd, chunks } = table
      if (width === null || current_width === null) return []
      // Chunks that compression merges are meant to be wider.
      const times = current_packed ? 1 : current_width / width
      const others = odd > 0 ? `; ${count(odd, 'chunk')} of ${chunks} of another width than set` : ''
      return [
        {
          ...{ object: titleOf(table), value: Number(times.toFixed(3)) },
          text: `the newest chunk is ${roughly(current_width)} wide, set are ${roughly(width)}${until(current_end)}${others}`,
          try: chunksOf(table),
        },
      ]
    })
  },
}

const until = (end: string | null): string => (end === null ? '' : `; it ends ${end}`)

const chunksOf = ({ relation }: Hypertable): string => `select show_chunks('${relation}') order by 1 desc limit 10`
