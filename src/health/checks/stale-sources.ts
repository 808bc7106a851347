import { count, roughly } from '../../wording.ts'
import type { Check } from '../check.ts'
import { needsTables } from '../markets.ts'

interface Row {
  readonly source: string
  readonly imports: number
  readonly last_at: string
  readonly silent: number
  readonly usual: number
  readonly others: number
}

export const staleSources: Check = {
  // Times as long as it usually is from one load to the next.
  ...{ name: 'stale-sources', group: 'market', unit: '1', threshold: { warn: 3, crit: 10 } },
  ...{ needs: ['arxdb'] },
  why: 'one source has stopped while others go on, so nothing failed and nobody was told',
  try: 'arxdb imports list',
  clear: 'no source loads often enough to be missed',
  async measure(vantage) {
    await needsTables(vantage, ['imports'])
    const rows = await vantage.run<Row>('health/sources')
    return rows.map(({ source, imports, last_at, silent, usual, others }) => {
      const habit = `${count(imports, 'import')} in 90 d, usually ${roughly(usual)} apart`
      const measure = { object: source, value: Number((silent / usual).toFixed(2)) }
      // When all are silent, nothing is known of this one; freshness tells it.
      if (others === 0) return { ...measure, state: 'OK' as const, text: `${habit}; no other source loaded since` }
      return {
        ...{ ...measure, since: last_at },
        text: `silent for ${roughly(silent)} (${habit}), while ${count(others, 'import')} of others ended`,
      }
    })
  },
}
