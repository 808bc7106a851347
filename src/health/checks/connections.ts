import type { Check } from '../check.ts'

interface Row {
  readonly taken: number
  readonly places: number
  readonly idle: number
  readonly busiest: string | null
  readonly busiest_taken: number | null
}

export const connections: Check = {
  ...{ name: 'connections', group: 'server', unit: '%', threshold: { warn: 80, crit: 95 } },
  why: 'when the last place is taken every new client is refused',
  try: 'arxdb top; a pooler in front, or max_connections: arxdb tune',
  clear: 'no session',
  async measure({ run }) {
    const [row] = await run<Row>('health/connections')
    const { taken, places, idle, busiest, busiest_taken } = row!
    const most = busiest === null ? '' : `; most by ${busiest} (${busiest_taken})`
    return [{ object: null, value: (100 * taken) / places, text: `${taken} of ${places} taken, ${idle} idle${most}` }]
  },
}
