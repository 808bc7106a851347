// Which markets a question is about: from what the user wrote to the market ids that answer.
import type { Ask } from '../engines/engine.ts'
import { ArxError, usageError } from '../errors.ts'
import { nearest } from '../nearest.ts'
import { count } from '../wording.ts'
import { info, type Note, warn } from './result.ts'

/** `BTC`, `bitcoin`, `BTC@kraken`, `BTC/USDT@binance`, taken apart. */
export interface MarketRef {
  readonly coin: string
  /** Upper case. */
  readonly quote?: string
  /** Lower case. */
  readonly exchange?: string
}

export interface Market {
  readonly market_id: number
  readonly exchange_id: string
  /** False for an aggregator: never part of a combined figure. */
  readonly venue: boolean
  readonly quote: string
  /** `tick`, or a candle's width. */
  readonly timeframe: string
  /** Width in seconds, null for ticks. */
  readonly seconds: number | null
}

/** What narrows a coin down to markets; flags win over the reference. */
export interface MarketFilter {
  readonly coin: string
  readonly exchange?: string | undefined
  /** A currency, or `any` for every quote there is. */
  readonly quote?: string | undefined
}

/** Half-open window, UTC instants in ISO 8601. */
export interface Window {
  readonly from: string
  readonly to: string
}

/** A window that reaches beyond the present ends there, so that coverage is of what can be known. */
export function untilNow({ from, to }: Window, now: string): Window {
  const [begin, end, present] = [from, to, now].map((text) => Date.parse(text)) as [number, number, number]
  return { from, to: end > present && present > begin ? now : to }
}

/** Whether nothing of a window has happened yet. */
export const isFuture = ({ from }: Window, now: string): boolean => Date.parse(from) >= Date.parse(now)

export const inFuture = ({ from }: Window): Note => warn(`nothing is known yet: the window begins at ${from}`)

/** Takes a reference apart; throws a usage error for what it is not. */
export function parseMarketRef(text: string): MarketRef {
  const match = /^([^\s/@]+)(?:\/([^\s/@]+))?(?:@([^\s/@]+))?$/.exec(text)
  if (!match) throw usageError(`"${text}" is not a coin`, 'write BTC, bitcoin, BTC@kraken or BTC/USDT@binance')
  const [, coin, quote, exchange] = match
  return {
    coin: coin!,
    ...(quote && { quote: quote.toUpperCase() }),
    ...(exchange && { exchange: exchange.toLowerCase() }),
  }
}

/**
 * The coin_id a name stands for. An id wins over the shipped symbol list, that over the symbols sources gave.
 * Throws when nothing is near enough to be it (listing near names) or when several coins share the symbol.
 */
export async function resolveCoin(ask: Ask, name: string): Promise<string> {
  const found = await ask('markets/coin', { name })
  for (const how of ['id', 'alias', 'symbol']) {
    const coins = found.filter((row) => row.how === how)
    if (coins.length === 1) return coins[0]!.coin_id
    if (coins.length > 1)
      throw ambiguous(
        name,
        coins.map((row) => row.coin_id),
      )
  }
  const names = (await ask('markets/names', {})).map((row) => row.name)
  const near = nearest(name, names, 3)
  const held = names.length ? `this database holds ${count(names.length, 'coin name')}` : 'this database holds no coins'
  throw new ArxError({
    code: 'unknown-coin',
    message: `no such coin "${name}"`,
    detail: near.length ? `near it: ${near.join(', ')}` : held,
    hint: near.length ? `arxdb coins --like ${near[0]}` : names.length ? 'arxdb coins' : 'arxdb ingest FILE',
  })
}

const ambiguous = (name: string, candidates: readonly string[]): ArxError =>
  new ArxError({
    code: 'ambiguous-coin',
    message: `"${name}" is the symbol of ${candidates.length} coins`,
    detail: candidates.join(', '),
    hint: `name the coin by its id, e.g. ${candidates[0]}`,
  })

/**
 * All markets of a coin that the filter admits, every quote and timeframe. Throws when there are none, saying which
 * there are instead.
 */
export async function marketsOf(ask: Ask, filter: MarketFilter): Promise<readonly Market[]> {
  const ref = parseMarketRef(filter.coin)
  const coin_id = await resolveCoin(ask, ref.coin)
  const quote = (filter.quote ?? ref.quote)?.toUpperCase()
  const exchange_id = (filter.exchange ?? ref.exchange)?.toLowerCase() ?? null
  const wanted = quote === undefined || quote === 'ANY' ? null : quote
  const found = await ask('markets/of-coin', { coin_id, exchange_id, quote: wanted })
  if (found.length > 0) return found
  const all = await ask('markets/of-coin', { coin_id, exchange_id: null, quote: null })
  const there = [...new Set(all.map((m) => `${ref.coin}/${m.quote}@${m.exchange_id}`))]
  throw new ArxError({
    code: 'no-market',
    message: `no market of ${coin_id}${wanted ? ` in ${wanted}` : ''}${exchange_id ? ` on ${exchange_id}` : ''}`,
    detail: there.length ? `there are: ${there.join(', ')}` : 'the coin is known, but nothing of it was loaded',
    hint: `arxdb coverage ${ref.coin}`,
  })
}

export interface Quoted {
  readonly markets: readonly Market[]
  /** What to say of the quotes in these rows. */
  notes(rows: readonly { readonly exchange_id: string | null }[]): readonly Note[]
}

/**
 * One quote per exchange: the one asked for; every one with `any`; else USD, and where an exchange lacks it the quote
 * that traded most in the window, said in a note if that exchange has a row in the answer.
 */
export async function settleQuotes(
  ask: Ask,
  markets: readonly Market[],
  filter: MarketFilter,
  window: Window,
): Promise<Quoted> {
  if (filter.quote !== undefined || parseMarketRef(filter.coin).quote !== undefined) return { markets, notes: () => [] }
  const others = new Map<string, string>()
  const kept: Market[] = []
  for (const [exchange, own] of groupBy(markets, (m) => m.exchange_id)) {
    const quotes = [...new Set(own.map((m) => m.quote))]
    const quote = quotes.includes('USD') ? 'USD' : await largest(ask, own, quotes, window)
    if (quote !== 'USD') others.set(exchange, quote)
    kept.push(...own.filter((m) => m.quote === quote))
  }
  const notes: Quoted['notes'] = (rows) =>
    [...others]
      .filter(([exchange]) => rows.some(({ exchange_id }) => exchange_id === exchange))
      .map(([exchange, quote]) => info(`${exchange} has no USD market: answering in ${quote}`))
  return { markets: kept, notes }
}

/** Of a long window its last days decide; where nothing lies inside (shorter than a bar, a gap) the days before it. */
const WEIGHING_MS = 30 * 86_400_000

async function largest(ask: Ask, markets: readonly Market[], quotes: readonly string[], window: Window) {
  if (quotes.length === 1) return quotes[0]!
  const ids = markets.map((m) => m.market_id)
  const [from, to] = [Date.parse(window.from), Date.parse(window.to)]
  const late = to - from > WEIGHING_MS ? new Date(to - WEIGHING_MS).toISOString() : window.from
  const inside = await ask('markets/size', { markets: ids, from: late, to: window.to })
  const before = new Date(from - WEIGHING_MS).toISOString()
  const sizes = inside.some(({ size }) => Number(size) > 0)
    ? inside
    : await ask('markets/size', { markets: ids, from: before, to: window.to })
  const size = (quote: string) =>
    // Only to compare; the figures themselves stay exact in the database.
    Math.max(
      ...markets
        .filter((m) => m.quote === quote)
        .map((m) => Number(sizes.find((s) => s.market_id === m.market_id)?.size ?? 0)),
    )
  return [...quotes].sort((a, b) => size(b) - size(a) || a.localeCompare(b))[0]!
}

/** Groups in order of first appearance. */
export function groupBy<T, K>(items: readonly T[], key: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>()
  for (const item of items) {
    const group = groups.get(key(item))
    if (group) group.push(item)
    else groups.set(key(item), [item])
  }
  return groups
}
