import { humanBytes } from '../../wording.ts'
import type { Check } from '../check.ts'

interface Row {
  readonly index: string
  readonly relation: string
  readonly bytes: number
}

export const invalidIndexes: Check = {
  ...{ name: 'invalid-indexes', group: 'server', unit: 'B', threshold: null },
  why: 'it costs every write and answers no query; a unique one does not keep rows unique',
  try: 'arxdb maintain',
  clear: 'every index is valid',
  async measure({ run }) {
    const rows = await run<Row>('health/invalid-indexes')
    return rows.map(({ index, relation, bytes }) => ({
      ...{ object: index, value: bytes, state: 'CRITICAL' as const },
      text: `left unfinished on ${relation}, ${humanBytes(bytes)}`,
      try: `reindex index concurrently ${index}`,
    }))
  },
}
