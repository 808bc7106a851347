import { count, roughly } from '../../wording.ts'
import type { Check } from '../check.ts'
import { needsTables } from '../markets.ts'

interface Row {
  readonly waiting: number
  readonly oldest: number | null
  readonly newest: number | null
  readonly since: string | null
  readonly until: string | null
  readonly markets: number
}

export const rollupLag: Check = {
  ...{ name: 'rollup-lag', group: 'market', unit: 's', threshold: { warn: 86_400, crit: 604_800 } },
  ...{ needs: ['arxdb', 'primary'] },
  why: 'long windows read raw rows where a rollup is not to be believed: right, but slow',
  try: 'arxdb policy run',
  clear: 'every rollup is as the rows are',
  async measure(vantage) {
    const { before, now, remember } = vantage
    await needsTables(vantage, ['rollup_dirty'])
    const [row] = await vantage.run<Row>('health/rollup-lag')
    const { waiting, oldest, newest, since, until, markets } = row!
    if (oldest === null) {
      remember({ mark: null, at: null })
      return []
    }
    // Ranges have no time, but numbers in the order they were noted: what waits below an earlier run's newest number has
    // waited since then.
    const { mark, at } = before?.values ?? {}
    const known = typeof mark === 'number' && typeof at === 'string' && oldest <= mark
    const first = known ? at : now.toISOString()
    remember(known ? { mark, at } : { mark: newest, at: first })
    const seconds = Math.max(0, (now.getTime() - Date.parse(first)) / 1000)
    const ranges = waiting >= 100_000 ? 'more than 100,000 ranges' : count(waiting, 'range')
    return [
      {
        ...{ object: null, value: seconds, since: first },
        text: `${ranges} of ${count(markets, 'market')}, the oldest waiting for at least ${roughly(seconds)}: ${since} to ${until}`,
      },
    ]
  },
}
