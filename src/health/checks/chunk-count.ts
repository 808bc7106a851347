import { count } from '../../wording.ts'
import type { Check } from '../check.ts'
import { hypertablesOf, titleOf } from '../hypertables.ts'

export const chunkCount: Check = {
  // Each chunk costs a question without bounds some 20 microseconds of planning and three locks: 5,000 are a tenth of a
  // second and, with its indexes, more than all locks of a server as PostgreSQL sets it up (64 for each of 100 sessions).
  ...{ name: 'chunk-count', group: 'timescaledb', unit: '1', threshold: { warn: 5_000, crit: 20_000 } },
  ...{ needs: ['timescaledb'] },
  why: 'a question without bounds plans and locks every chunk, and so does a dump',
  try: 'arxdb policy advise',
  clear: 'no hypertable',
  async measure(vantage) {
    return (await hypertablesOf(vantage)).map((table) => ({
      ...{ object: titleOf(table), value: table.chunks, text: `${count(table.chunks, 'chunk')}${wide(table.width)}` },
      ...(table.width === null
        ? {}
        : { try: `select set_chunk_time_interval('${table.relation}', interval '30 days')` }),
    }))
  },
}

const wide = (width: number | null): string =>
  width === null ? '' : `, new ones ${Number((width / 86_400).toFixed(2))} d wide`
