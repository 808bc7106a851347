// Whose rows a file has: flags, then the file's columns, then its name, then the format's own.
import { basename } from 'node:path'
import { usageError } from '../../errors.ts'
import { splitPair } from '../values/symbol.ts'
import { cells, type Layout, quoteInHeader, targetOf } from './layout.ts'
import type { Identity, IdentityPart } from './plan.ts'
import { ask, missing } from './plan-errors.ts'
import { IDENTITY, type IdentityField } from './targets.ts'

export interface Whose extends Identity {
  /** What the file's name told, as a person reads it. */
  readonly told: readonly string[]
}

type Fixed = Partial<Record<IdentityField, string | undefined>>

/** `base` is the coin of one part of a wide table. The width is decided elsewhere. */
export function identify(layout: Layout, base?: string): Whose {
  const { format, given } = layout
  const { flags, name } = given
  const fields = IDENTITY.flatMap((part) => partOf(layout, part))
  const has = (...parts: IdentityField[]): boolean => fields.some((f) => parts.includes(f.part))
  const told: string[] = []
  const overridden = new Set<IdentityField>()
  const exchange = flags.exchange ?? (has('exchange_id') ? undefined : exchangeOf(layout))
  if (!exchange && !has('exchange_id')) throw missing(given.file, 'exchange', '--exchange binance')
  const fixed: Fixed = exchange ? { exchange_id: exchange.toLowerCase() } : {}
  if (exchange) overridden.add('exchange_id')
  if (exchange && !flags.exchange && !format.exchange) told.push(`exchange ${fixed.exchange_id}`)
  if (targetOf(format).table === 'analytics')
    return { fixed, fields: fields.filter(({ part }) => part === 'exchange_id' && !overridden.has(part)), told }

  const asked = flags.symbol === undefined ? undefined : splitPair(flags.symbol)
  if (base !== undefined) {
    fixed.symbol = base
    fixed.quote = asked?.quote ?? name.quote
    if (!asked && name.quote) told.push(`quote ${name.quote}`)
  } else if (flags.symbol !== undefined || !has('coin_id', 'symbol', 'pair')) {
    const pair = flags.symbol === undefined ? name.pair : asked
    fixed.symbol = pair?.base ?? flags.symbol?.toUpperCase()
    if (!fixed.symbol) throw missing(given.file, 'symbol', format.quote ? '--symbol BTC' : '--symbol BTC/USDT')
    if (pair) fixed.quote = pair.quote
    if (pair && flags.symbol === undefined) told.push(`${pair.base}/${pair.quote}`)
    for (const part of ['coin_id', 'symbol', 'pair'] as const) overridden.add(part)
  }
  if (flags.quote !== undefined) fixed.quote = flags.quote.toUpperCase()
  const kept = (): readonly IdentityPart[] => fields.filter(({ part }) => !overridden.has(part))
  if (fixed.quote !== undefined) overridden.add('quote')
  else if (!has('quote') && !kept().some(({ part }) => part === 'pair'))
    fixed.quote = format.quote ?? quoteInHeader(layout)
  if (fixed.quote === undefined) {
    delete fixed.quote
    if (!has('quote') && !kept().some(({ part }) => part === 'pair')) throw missing(given.file, 'quote', '--quote USDT')
  }
  return { fixed, fields: kept(), told }
}

/** The exchange that the format or the name says; they must not contradict each other. */
function exchangeOf({ format, given }: Layout): string | undefined {
  const { exchange } = given.name
  const own = format.exchange
  if (own === undefined || exchange === undefined || own === exchange || own.startsWith(`${exchange}-`))
    return own ?? exchange
  throw ask({
    code: 'exchange-needed',
    message: `${basename(given.file)} is named after ${exchange}, and its format is that of ${own}`,
    detail: 'which exchange its rows are of is not guessed',
    hint: `--exchange ${exchange}`,
  })
}

/** At most one part: what the user maps to a symbol or a pair makes the other one needless. */
function partOf({ format, given, at }: Layout, part: IdentityField): readonly IdentityPart[] {
  const { map, seen } = given
  const field = at(part)
  const settled = part === 'pair' ? map.has('symbol') : part === 'symbol' && map.has('pair')
  if (field < 0 || (settled && !map.has(part))) return []
  const match = format.match?.[part]
  if (match !== undefined) return [{ part, field, match }]
  // A column called symbol holds BTCUSDT in one file and BTC in another.
  if (part !== 'pair' || map.has('pair') || !/^(symbol|ticker)$/.test(seen.header?.[field] ?? ''))
    return [{ part, field }]
  const found = cells(seen, field)
  const pairs = found.filter((cell) => splitPair(cell) !== undefined)
  return [{ part: pairs.length * 2 < found.length ? 'symbol' : 'pair', field }]
}

/** A wide table's coins in the order of its header, each with the places of its columns. */
export function coinsOf({ format, given }: Layout): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const coins = new Map<string, Map<string, number>>()
  for (const [field, word] of (given.seen.header ?? []).entries()) {
    const [, coin, column] = new RegExp(format.wide!).exec(word) ?? []
    if (coin === undefined || column === undefined || given.left.has(field)) continue
    const base = splitPair(coin)?.base ?? coin.toUpperCase()
    const columns = coins.get(base) ?? new Map<string, number>()
    if (!columns.has(column)) columns.set(column, field)
    coins.set(base, columns)
  }
  const whole = [...coins].filter(([, columns]) => ['open', 'high', 'low', 'close'].every((name) => columns.has(name)))
  if (whole.length === 0)
    throw ask({
      code: 'unknown-format',
      message: `${basename(given.file)} has no coin with all of open, high, low and close`,
      hint: '--ignore the columns of incomplete coins, and name the others with --map',
    })
  const { symbol } = given.flags
  if (symbol === undefined) return new Map(whole)
  const wanted = splitPair(symbol)?.base ?? symbol.toUpperCase()
  const chosen = whole.filter(([base]) => base === wanted)
  if (chosen.length === 0)
    throw usageError(
      `${basename(given.file)} has no coin ${wanted}`,
      `--symbol ${whole.map(([base]) => base).join('|')}`,
    )
  return new Map(chosen)
}
