// The bars an indicator runs over: those of the window, and enough of those before it.
import type { Engine } from '../engines/engine.ts'
import { fromLocal, toLocal } from '../zone.ts'
import { addCalendar } from './calendar.ts'
import { type CandleRow, type CandlesQuery, candles } from './candles.ts'
import type { Every } from './interval.ts'
import { groupBy } from './market.ts'
import type { Note } from './result.ts'

export interface BarsQuery extends CandlesQuery {
  /** Bars that the present or the window's end cuts count as well. */
  readonly includePartial?: boolean | undefined
}

/** One market's bars, oldest first. */
export interface MarketBars {
  readonly bars: readonly CandleRow[]
  /** How many of them come before the window. */
  readonly before: number
}

interface Read {
  readonly markets: readonly MarketBars[]
  readonly notes: readonly Note[]
}

/** Where bars are missing, so much further back is looked for the rest of the history. */
const FURTHER = 4

/**
 * The bars of each market from `history` bars before the window to its end. A bar belongs to the window that it begins
 * in. Where bars are missing before it, it is looked further back, once. Bars that were cut are left out.
 */
export async function readBars(engine: Engine, query: BarsQuery, history: number): Promise<Read> {
  const read = await readFrom(engine, query, history)
  const short = read.markets.some(({ bars, before }) => bars.length > before && before < history)
  return short ? readFrom(engine, query, history * FURTHER) : read
}

async function readFrom(engine: Engine, query: BarsQuery, history: number): Promise<Read> {
  const answer = await candles(engine, {
    ...query,
    from: earlier(query.from, query, history),
    // Of thin bars the indicator's own evidence tells.
    minCoverage: 0,
  })
  const start = Date.parse(query.from)
  const inside = (bar: CandleRow) => Date.parse(bar.timestamp) >= start
  const whole = answer.rows.filter(
    (bar) => !bar.filled && (!bar.partial || (query.includePartial === true && inside(bar))),
  )
  const markets = [...groupBy(whole, (bar) => `${bar.exchange_id} ${bar.quote}`).values()]
  // candles() warns of an empty answer with the window that it was asked for, which is not the user's.
  const notes = answer.notes.filter(({ level }) => level !== 'warn' || answer.rows.length > 0)
  return { notes, markets: markets.map((bars) => ({ bars, before: bars.filter((bar) => !inside(bar)).length })) }
}

/** The first year that times may lie in. */
const EARLIEST = Date.UTC(1000, 0)

/** So many bars before a moment, one more for the one it may cut; months and local days by the calendar. */
function earlier(from: string, { every, tz }: BarsQuery, history: number): string {
  const bars = history + 1
  const at = Date.parse(from)
  const utc = every.months > 0 ? monthsBefore(at, tz, bars * every.months) : at - bars * every.seconds * 1000
  return new Date(Math.max(EARLIEST, utc)).toISOString()
}

function monthsBefore(at: number, tz: string, months: number): number {
  const local = addCalendar(toLocal(at, tz), { months: -months })
  return local > EARLIEST ? fromLocal(local, tz).utc : EARLIEST
}

/** Bars that are missing between two neighbours. */
export function missingBetween(a: string, b: string, every: Every, tz: string): number {
  // Days, weeks and months follow the zone's clock; an hour is an hour when the clocks change.
  const zone = every.months > 0 || every.seconds >= 86_400 ? tz : 'UTC'
  const [first, second] = [a, b].map((text) => toLocal(Date.parse(text), zone)) as [number, number]
  if (every.months === 0) return Math.max(0, Math.round((second - first) / (every.seconds * 1000)) - 1)
  const months = (local: number) => new Date(local).getUTCFullYear() * 12 + new Date(local).getUTCMonth()
  return Math.max(0, Math.round((months(second) - months(first)) / every.months) - 1)
}
