import { roughly } from '../../wording.ts'
import type { Check } from '../check.ts'
import { type Hypertable, hypertablesOf, titleOf } from '../hypertables.ts'

export const futureChunks: Check = {
  ...{ name: 'future-chunks', group: 'timescaledb', unit: 's', threshold: { warn: 31 * 86_400, crit: 366 * 86_400 } },
  ...{ needs: ['timescaledb'] },
  why: 'a timestamp in the wrong unit or zone: the newest row is not the newest one, and retention never drops it',
  try: 'arxdb gaps',
  clear: 'no chunk begins in the future',
  async measure(vantage) {
    const tables = await hypertablesOf(vantage)
    return tables.flatMap((table) => {
      const { ahead, width, furthest, furthest_chunk, furthest_bytes } = table
      if (ahead === null || ahead <= 0) return []
      const holds = furthest_bytes === 0 ? 'and is empty' : 'and holds rows'
      return [
        {
          // Some are made ahead of the rows, and a wide one begins before all of what is in it.
          ...{ object: titleOf(table), value: Math.max(0, ahead - 3 * (width ?? 0)) },
          text: `${furthest_chunk} begins ${roughly(ahead)} ahead, at ${furthest}, ${holds}`,
          try:
            furthest_bytes === 0
              ? `select drop_chunks('${table.relation}', newer_than => timestamptz '${furthest}')`
              : rowsAhead(table),
        },
      ]
    })
  },
}

const rowsAhead = ({ relation, time_column }: Hypertable): string =>
  `select * from ${relation} where ${JSON.stringify(time_column)} > now() + interval '1 day' order by ${JSON.stringify(time_column)} desc limit 10`
