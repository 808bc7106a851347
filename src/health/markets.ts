// Markets as the checks of their data look at them: cheap probes inside a window of time, never a scan of all there is.
import { NotJudged, quoted, type Vantage } from './check.ts'

export interface Market {
  readonly market_id: number
  readonly coin_id: string
  readonly quote: string
  readonly exchange_id: string
  readonly venue: boolean
  readonly timeframe: string
  /** Width of a bar; null for ticks. */
  readonly seconds: number | null
}

/** As arxdb's commands take it. */
export const refOf = ({ coin_id, quote, exchange_id }: Market): string => `${coin_id}/${quote}@${exchange_id}`

/** `bitcoin/USD@kraken 1h` */
export const marketName = (market: Market): string => `${refOf(market)} ${market.timeframe}`

/** The role that monitors is given no market data; who wants these checks grants what they read. */
export async function needsTables({ once, server }: Vantage, tables: readonly string[]): Promise<void> {
  const missing = await once<{ readonly table_name: string }>('health/unreadable', { tables })
  if (missing.length === 0) return
  const names = missing.map(({ table_name }) => `arxdb.${table_name}`).join(', ')
  throw new NotJudged(
    'UNKNOWN',
    `${server.role_name} may not read ${names}`,
    `grant select on ${names} to ${quoted(server.role_name)}`,
  )
}

export const marketsOf = ({ once }: Vantage): Promise<readonly Market[]> => once<Market>('health/markets')

const DAY_MS = 86_400_000

/** What has had nothing for so long is history, which does not get old. */
export const HISTORY_DAYS = 30
/** Of bars wider than a day as many as tell it. */
const HISTORY_BARS = 12

export interface Window {
  readonly markets: readonly Market[]
  readonly from: string
  readonly to: string
}

/**
 * Markets with the window in which they are looked at: those of wide bars have a longer one, and are asked by themselves,
 * as the planner takes all chunks of a window. A clock may be ahead by an hour; what is further off is no newest bar.
 */
export function windowsOf(markets: readonly Market[], now: Date): readonly Window[] {
  const to = new Date(now.getTime() + DAY_MS / 24).toISOString()
  const wide = markets.filter(({ seconds }) => (seconds ?? 0) > 86_400)
  const longest = Math.max(0, ...wide.map(({ seconds }) => seconds! * HISTORY_BARS * 1000))
  const narrow = markets.filter(({ seconds }) => (seconds ?? 0) <= 86_400)
  return [
    { markets: narrow, from: new Date(now.getTime() - HISTORY_DAYS * DAY_MS).toISOString(), to },
    { markets: wide, from: new Date(now.getTime() - longest).toISOString(), to },
  ].filter((window) => window.markets.length > 0)
}

/** What a statement is asked of a window. */
export const asked = ({ markets, from, to }: Window) => ({
  ...{ markets: markets.map(({ market_id }) => market_id), ticks: markets.map(({ seconds }) => seconds === null) },
  ...{ from, to },
})

/** Whole bars that should be there after one of that age: the next is complete when it is two widths old. */
export const barsLate = (age: number, width: number): number => Math.max(0, Math.floor(age / width) - 1)
