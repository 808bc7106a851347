// How much a price changed: over the last hour, day, week and month, or between two moments.

import { formatDuration, parseDuration } from '../duration.ts'
import type { Ask, Engine } from '../engines/engine.ts'
import { usageError } from '../errors.ts'
import { asOf, TICK_STALENESS_MS, tooOld } from './as-of.ts'
import { basisName } from './basis.ts'
import { formatInstant, microsOf } from './instant.ts'
import { interval } from './interval.ts'
import { type MarketFilter, marketsOf, parseMarketRef, resolveCoin, settleQuotes } from './market.ts'
import { type Chart, echoes, type Note, type Result, warn } from './result.ts'

export interface Horizon {
  /** As the answer names it: `24h`. */
  readonly text: string
  readonly ms: number
}

export interface ChangeQuery extends Omit<MarketFilter, 'coin'> {
  readonly coins: readonly string[]
  /** The later end, a UTC instant. */
  readonly at: string
  /** UTC instant; a later `at` is answered as of it. */
  readonly now?: string | undefined
  /** The earlier end; without it the horizons before `at`. */
  readonly from?: string | undefined
  /** Default 1h, 24h, 7d, 30d; each has its fixed length, a day is 24 hours. */
  readonly over?: readonly Horizon[] | undefined
  /** Milliseconds; default 5 min for ticks, one timeframe for candles. */
  readonly maxStaleness?: number | undefined
}

export interface ChangeRow {
  readonly coin_id: string
  readonly exchange_id: string
  readonly quote: string
  readonly over: string
  /** price_now / price_then - 1; null when either price is too old. */
  readonly change: number | null
  readonly change_percent: number | null
  /** However old: its age is told. Null when there is none. */
  readonly price_then: string | null
  readonly price_now: string | null
  readonly timestamp_then: string | null
  readonly timestamp_now: string | null
  /** Seconds between the price and the end that it stands for. */
  readonly age_then: number | null
  readonly age_now: number | null
  /** The same at both ends. */
  readonly basis: string
  readonly definition: string
}

/** p(t1) / p(t0) - 1, both as price-as-of/1 and from one market. */
const DEFINITION = 'change-as-of/1'

const CHANGE_COLUMNS = echoes(['change_percent', 'timestamp_then', 'timestamp_now', 'definition'], {
  coin_id: 'text',
  exchange_id: 'text',
  quote: 'text',
  over: 'text',
  change: 'ratio',
  change_percent: 'float',
  price_then: 'decimal',
  price_now: 'decimal',
  timestamp_then: 'time',
  timestamp_now: 'time',
  age_then: 'duration',
  age_now: 'duration',
  basis: 'text',
  definition: 'text',
})

const CHART: Chart = { kind: 'bars', label: ['coin_id', 'exchange_id', 'quote', 'over'], value: 'change_percent' }

const HOUR = 3_600_000
export const DEFAULT_HORIZONS: readonly Horizon[] = [
  { text: '1h', ms: HOUR },
  { text: '24h', ms: 24 * HOUR },
  { text: '7d', ms: 168 * HOUR },
  { text: '30d', ms: 720 * HOUR },
]

interface End {
  readonly over: string
  readonly start: string
}

/**
 * Change per coin, exchange, quote and horizon: the price as known at the end against the price as known at the start,
 * never the first and last row inside. One market at both ends, so ticks are not compared with candles.
 */
export function change(engine: Engine, query: ChangeQuery): Promise<Result<ChangeRow>> {
  const known = asOf(query.at, query.now)
  const ends = endsOf(query, known.at)
  return engine.question(async (ask) => {
    const rows: ChangeRow[] = []
    const notes: Note[] = [...known.notes]
    for (const coin of query.coins) {
      const answer = await ofCoin(ask, { ...query, at: known.at, coin }, ends)
      rows.push(...answer.rows)
      notes.push(...answer.notes)
    }
    return { columns: CHANGE_COLUMNS, rows, notes, chart: CHART }
  })
}

function endsOf({ from, over = DEFAULT_HORIZONS }: ChangeQuery, at: string): readonly End[] {
  if (from === undefined)
    return over.map(({ text, ms }) => ({ over: text, start: formatInstant(microsOf(at) - BigInt(ms) * 1000n) }))
  const length = Number((microsOf(at) - microsOf(from)) / 1000n)
  if (length <= 0) throw usageError(`from ${from} is not before ${at}`, 'a change needs two moments, the earlier first')
  return [{ over: formatDuration(length), start: from }]
}

async function ofCoin(ask: Ask, query: ChangeQuery & MarketFilter, ends: readonly End[]) {
  const coin_id = await resolveCoin(ask, parseMarketRef(query.coin).coin)
  const earliest = ends.map(({ start }) => start).sort()[0]!
  const quoted = await settleQuotes(ask, await marketsOf(ask, query), query, { from: earliest, to: query.at })
  const found = await ask('change/between', {
    markets: quoted.markets.map((m) => m.market_id),
    thens: ends.map(({ start }) => start),
    at: query.at,
    tick_staleness: interval(query.maxStaleness ?? TICK_STALENESS_MS),
    candle_staleness: query.maxStaleness === undefined ? null : interval(query.maxStaleness),
  })
  const said = new Set<string>()
  const old: Note[] = []
  const rows = found.map(({ market_id, nr, change, fresh_then, fresh_now, ...prices }): ChangeRow => {
    const market = quoted.markets.find((m) => m.market_id === market_id)!
    const { exchange_id, quote } = market
    const { over, start } = ends[nr - 1]!
    const name = `${coin_id}/${quote}@${exchange_id}`
    if (!fresh_now) {
      // Once, and nothing of the earlier ends: none of them would help.
      if (!said.has(name)) old.push(tooOld(name, query.at, prices.age_now!, prices.timestamp_now!))
      said.add(name)
    } else if (prices.timestamp_then === null) {
      old.push(warn(`${name}: no price at or before ${start}, ${over} earlier`))
    } else if (!fresh_then) {
      old.push(tooOld(name, start, prices.age_then!, prices.timestamp_then))
    }
    const change_percent = change === null ? null : change * 100
    const evidence = { basis: basisName(market), definition: DEFINITION }
    return { coin_id, exchange_id, quote, over, change, change_percent, ...prices, ...evidence }
  })
  const none = rows.length === 0 ? [warn(`${coin_id}: no price at or before ${query.at}`)] : []
  return { rows, notes: [...quoted.notes(rows), ...old, ...none] }
}

/** `1h,24h`: lengths of time, each named as it was written. */
export const horizonsOf = (list: string): readonly Horizon[] =>
  list.split(',').map((each) => {
    const text = each.trim()
    const ms = parseDuration(text)
    if (ms <= 0) throw usageError('a change over no time', '--over 1h')
    return { text, ms }
  })
