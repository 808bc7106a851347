import { roughly } from '../../wording.ts'
import type { Check, Measure } from '../check.ts'
import {
  asked,
  barsLate,
  HISTORY_DAYS,
  type Market,
  marketName,
  marketsOf,
  needsTables,
  refOf,
  windowsOf,
} from '../markets.ts'

interface Row {
  readonly market_id: number
  readonly newest_at: string
  readonly age: number
}

/** As long as a tick stands for the price. */
const TICK_SECONDS = 300

export const freshness: Check = {
  // Bars that lack at the end; for ticks, times five minutes without one.
  ...{ name: 'freshness', group: 'market', unit: '1', threshold: { warn: 3, crit: 12 } },
  ...{ needs: ['arxdb'] },
  why: 'a figure of now is computed from prices of then',
  try: 'arxdb coverage',
  clear: 'there is no market',
  async measure(vantage) {
    await needsTables(vantage, ['markets', 'exchanges', 'prices', 'candles'])
    const markets = await marketsOf(vantage)
    const rows: Row[] = []
    for (const window of windowsOf(markets, vantage.now))
      rows.push(...(await vantage.run<Row>('health/newest', asked(window))))
    const byId = new Map(markets.map((market) => [market.market_id, market]))
    const told = rows.map((row) => measured(byId.get(row.market_id)!, row))
    const silent = markets.length - rows.length
    if (silent === 0) return told
    const object = `${silent} of ${markets.length} markets`
    return [...told, { object, value: null, state: 'SKIPPED', text: `nothing in ${HISTORY_DAYS} d: they are history` }]
  },
}

function measured(market: Market, { newest_at, age }: Row): Measure {
  const { seconds } = market
  const width = seconds ?? TICK_SECONDS
  const late = seconds === null ? Math.max(0, Math.floor(age / width)) : barsLate(age, width)
  const what = seconds === null ? 'the newest tick is' : 'the newest bar began'
  return {
    ...{ object: marketName(market), value: late, since: newest_at },
    text: `${what} ${roughly(Math.max(0, age))} ago${late > 0 && seconds !== null ? `, ${late} lack since` : ''}`,
    try: `arxdb coverage ${refOf(market)}`,
  }
}
