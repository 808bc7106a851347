import { percent } from '../../wording.ts'
import type { Check } from '../check.ts'
import { type Market, marketName, marketsOf, needsTables, refOf } from '../markets.ts'

interface Row {
  readonly market_id: number
  readonly bars: number
  readonly expected: number
  readonly first_at: string
}

/** Rows that are counted in all, and bounds of what that makes for one market. */
const ROWS = 300_000
const [FEWEST, MOST] = [24, 1_000]
const LONGEST_MS = 30 * 86_400_000

export const marketGaps: Check = {
  ...{ name: 'market-gaps', group: 'market', unit: '%', threshold: { warn: 5, crit: 25 } },
  ...{ needs: ['arxdb'] },
  why: 'averages and volatilities of the last days stand on fewer bars than they seem to',
  try: 'arxdb gaps',
  clear: 'no market lacks bars in its last ones',
  async measure(vantage) {
    await needsTables(vantage, ['markets', 'exchanges', 'candles'])
    const markets = (await marketsOf(vantage)).filter(({ seconds }) => seconds !== null)
    if (markets.length === 0) return []
    const now = vantage.now.getTime()
    const bars = Math.min(MOST, Math.max(FEWEST, Math.floor(ROWS / markets.length)))
    const since = markets.map((market) => now - spanOf(market, bars))
    const rows = await vantage.run<Row>('health/lacking-bars', {
      ...{ markets: markets.map(({ market_id }) => market_id), since: since.map((at) => new Date(at).toISOString()) },
      ...{ from: new Date(Math.min(...since)).toISOString(), to: new Date(now).toISOString() },
    })
    const byId = new Map(markets.map((market) => [market.market_id, market]))
    return rows.map(({ market_id, bars, expected, first_at }) => {
      const market = byId.get(market_id)!
      const lacking = expected - bars
      return {
        ...{ object: marketName(market), value: Number(((100 * lacking) / expected).toFixed(2)) },
        text: `${lacking} of ${expected} bars since ${first_at} are not there, ${percent(lacking / expected)}`,
        try: `arxdb gaps ${refOf(market)} --timeframe ${market.timeframe} --from ${first_at}`,
      }
    })
  },
}

/** Milliseconds: so many bars, of narrow ones no more than a month, of wide ones at least a few. */
const spanOf = ({ seconds }: Market, bars: number): number =>
  Math.max(12 * seconds! * 1000, Math.min(bars * seconds! * 1000, LONGEST_MS))
