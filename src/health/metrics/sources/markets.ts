import { sample } from '../family.ts'
import { MOST, type Source } from '../source.ts'

interface Row {
  readonly coin_id: string
  readonly exchange_id: string
  readonly quote: string
  readonly timeframe: string
  /** Seconds since 1970; null where the market has no rows, or no late ones. */
  readonly newest: number | null
  readonly of: number
}

/** A market without a rollup (bars of a day and more) that has nothing since is not told: it is none that anybody feeds. */
const SINCE_MS = 35 * 86_400_000

export const markets: Source = {
  ...{ name: 'markets', needs: ['arxdb'] },
  async read({ run, now }) {
    const rows = await run<Row>('metrics/markets', {
      ...{ most: MOST, since: new Date(now.getTime() - SINCE_MS).toISOString() },
    })
    const left = (rows[0]?.of ?? 0) - rows.length
    const told = rows.flatMap(({ coin_id, exchange_id, quote, timeframe, newest }) => {
      if (newest === null) return []
      const labels = { coin: coin_id, exchange: exchange_id, quote, timeframe }
      return [
        sample('arxdb_newest_bar_timestamp_seconds', newest, labels),
        sample('arxdb_newest_bar_age_seconds', now.getTime() / 1000 - newest, labels),
      ]
    })
    return [...told, sample('arxdb_metrics_left_out', Math.max(left, 0), { of: 'markets' })]
  },
}
