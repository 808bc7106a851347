import { humanBytes } from '../../wording.ts'
import type { Check } from '../check.ts'
import { hypertablesOf, titleOf } from '../hypertables.ts'

export const chunkSize: Check = {
  ...{ name: 'chunk-size', group: 'timescaledb', unit: '%', threshold: { warn: 25, crit: 75 } },
  ...{ needs: ['timescaledb'] },
  why: 'every insert looks into the indexes of the newest chunk: when they do not stay in memory, loads wait for the disk',
  try: 'arxdb policy advise',
  clear: 'no hypertable has a chunk that is not compressed',
  async measure(vantage) {
    const tables = await hypertablesOf(vantage)
    return tables.flatMap((table) => {
      const { full_bytes, full_is_over, full_chunk, shared_buffers, cache } = table
      if (full_bytes === null) return []
      // What the server was told that it and the system keep in memory together; never less than its own.
      const memory = Math.max(shared_buffers, cache)
      const share = `${humanBytes(shared_buffers)} of shared_buffers and ${humanBytes(memory)} of memory in all`
      const chunk = full_is_over ? 'newest full chunk' : 'chunk that is being filled'
      const half = table.width === null ? '' : `${Math.max(1, Math.round(table.width / 7_200))} hours`
      return [
        {
          ...{ object: titleOf(table), value: (100 * full_bytes) / memory },
          text: `the ${chunk}, ${full_chunk}, is ${humanBytes(full_bytes)} with its indexes, against ${share}`,
          ...(half === '' ? {} : { try: `select set_chunk_time_interval('${table.relation}', interval '${half}')` }),
        },
      ]
    })
  },
}
