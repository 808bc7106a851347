// What no table takes, found before it is sent: the same rules as the checks of sql/migrations/0002, exactly.
import type { Target } from '../plan/targets.ts'

export type Values = Readonly<Record<string, string | null>>

export interface Violation {
  readonly column: string | undefined
  readonly reason: string
  /** The name of the constraint. */
  readonly check: string
}

/** The sign of a - b, exactly. */
function compare(a: string, b: string): number {
  const scale = Math.max(...[a, b].map((text) => (text.split('.')[1] ?? '').length))
  const whole = (text: string): bigint => {
    const [integer = '', fraction = ''] = text.split('.')
    return BigInt(integer + fraction.padEnd(scale, '0'))
  }
  const difference = whole(a) - whole(b)
  return difference > 0n ? 1 : difference < 0n ? -1 : 0
}

/** As the checks of sql/migrations have them: 1e-30, 1e30, 1e40. */
const LEAST = `0.${'0'.repeat(29)}1`
const PRICE_LIMIT = `1${'0'.repeat(30)}`
const AMOUNT_LIMIT = `1${'0'.repeat(40)}`
/** They may be zero; the changes, in per cent, negative too; the rest are prices. */
const AMOUNTS = ['market_cap', 'volume_24h', 'volume', 'quote_volume', 'trades', 'total_market_cap', 'total_volume']
const CHANGES = ['change_24h', 'change_7d', 'market_cap_change_24h']
const PRICES = ['price', 'open', 'high', 'low', 'close']

const short = (value: string): string => (value.length > 40 ? `${value.slice(0, 40)}...` : value)

/** What is wrong with a price that does not lie between the two. */
function outside(value: string, least: string, limit: string): string | undefined {
  if (compare(value, '0') <= 0) return 'is not above zero'
  if (compare(value, least) <= 0) return 'is too small to be a price'
  return compare(value, limit) >= 0 ? 'is too large to be a price' : undefined
}

/** What is wrong with a value that need not be there. */
function misfit(name: string, value: string): string | undefined {
  if (/^(btc|eth)_price$/.test(name)) return outside(value, '0', PRICE_LIMIT)
  const change = CHANGES.includes(name)
  if (value.startsWith('-') && !change) return 'is negative'
  if (name.endsWith('_dominance') && compare(value, '100') > 0) return 'is more than 100 %'
  const limit = change ? PRICE_LIMIT : AMOUNTS.includes(name) ? AMOUNT_LIMIT : undefined
  return limit !== undefined && compare(value.replace('-', ''), limit) >= 0 ? 'is too large' : undefined
}

const METRICS_CHECK = { prices: 'prices_metrics', candles: 'candles_volume', analytics: 'analytics_metrics' } as const

/** Which of a candle's bounds is broken. */
function bounds(v: Values): Violation | undefined {
  const { open, high, low, close } = v
  if (!open || !high || !low || !close) return undefined
  const found = (column: string, reason: string): Violation => ({ column, reason, check: 'candles_bounds' })
  for (const [name, value] of Object.entries({ open, high, low, close })) {
    const why = outside(value, LEAST, PRICE_LIMIT)
    if (why) return found(name, `${name} ${short(value)} ${why}`)
  }
  for (const [name, value] of Object.entries({ open, close, low }))
    if (compare(high, value) < 0) return found('high', `high ${high} is below ${name} ${value}`)
  for (const [name, value] of Object.entries({ open, close }))
    if (compare(low, value) > 0) return found('low', `low ${low} is above ${name} ${value}`)
  return undefined
}

/** The first rule of its table that a row breaks. */
export function violation(relation: Target['relation'], v: Values): Violation | undefined {
  if (relation === 'candles') {
    const broken = bounds(v)
    if (broken) return broken
  }
  if (relation === 'prices' && v.price) {
    const why = outside(v.price, LEAST, PRICE_LIMIT)
    if (why) return { column: 'price', reason: `price ${short(v.price)} ${why}`, check: 'prices_price' }
  }
  let metrics = 0
  for (const [name, value] of Object.entries(v)) {
    if (name === 'timestamp' || name === 'observed_at' || value === null || PRICES.includes(name)) continue
    metrics++
    const why = misfit(name, value)
    if (why) return { column: name, reason: `${name} ${short(value)} ${why}`, check: METRICS_CHECK[relation] }
  }
  if (relation === 'analytics' && metrics === 0)
    return { column: undefined, reason: 'none of its metrics has a value', check: 'analytics_one_metric' }
  return undefined
}
