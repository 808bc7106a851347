// A row the server refused, in words: its line in the file, its column, what is wrong with it.
import { ArxError } from '../errors.ts'
import { type Batch, decodeRow, lineOf } from './batch.ts'
import type { Plan } from './plan.ts'
import { BadRow } from './rewrite.ts'

interface ServerError {
  readonly code?: string
  readonly message: string
  readonly where?: string
  readonly constraint?: string
  readonly column?: string
}

type Values = Readonly<Record<string, string | null>>

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

/** The first of a row's optional values that no check allows. */
function metric(v: Values): readonly [column: string, reason: string] | undefined {
  for (const [name, value] of Object.entries(v)) {
    const why = name === 'timestamp' || value === null ? undefined : misfit(name, value)
    if (why) return [name, `${name} ${short(value!)} ${why}`]
  }
  return undefined
}

/** Which of a candle's bounds is broken. */
function bounds(v: Values): readonly [column: string, reason: string] | undefined {
  const { open, high, low, close } = v
  if (!open || !high || !low || !close) return undefined
  for (const [name, value] of Object.entries({ open, high, low, close })) {
    const why = outside(value, LEAST, PRICE_LIMIT)
    if (why) return [name, `${name} ${short(value)} ${why}`]
  }
  for (const [name, value] of Object.entries({ open, close, low }))
    if (compare(high, value) < 0) return ['high', `high ${high} is below ${name} ${value}`]
  for (const [name, value] of Object.entries({ open, close }))
    if (compare(low, value) > 0) return ['low', `low ${low} is above ${name} ${value}`]
  return undefined
}

function broken(constraint: string | undefined, v: Values): readonly [column: string, reason: string] | undefined {
  if (constraint === 'candles_bounds') return bounds(v)
  if (constraint === 'prices_price') {
    const price = v.price ?? '0'
    return ['price', `price ${short(price)} ${outside(price, LEAST, PRICE_LIMIT) ?? 'is out of range'}`]
  }
  return constraint === undefined || constraint === 'analytics_one_metric' ? undefined : metric(v)
}

/** The bad row behind what the server said, or undefined when it was no row's fault. */
export function badRowOf(error: unknown, batch: Batch, plan: Plan): BadRow | undefined {
  const cause = (error instanceof ArxError ? error.cause : error) as ServerError | undefined
  if (!/^(22|23514$|23502$)/.test(cause?.code ?? '')) return undefined
  const row = /^COPY \w+, line (\d+)/m.exec(cause?.where ?? '')?.[1]
  if (row === undefined) return undefined
  const found = broken(cause?.constraint, decodeRow(batch, Number(row), plan))
  const empty = cause?.constraint === 'analytics_one_metric' ? 'none of its metrics has a value' : undefined
  const message = found?.[1] ?? empty ?? cause!.message
  const name = found?.[0] ?? cause?.column
  const column = plan.columns.find((c) => c.name === name)?.from ?? name
  const rule = [cause?.constraint && `check ${cause.constraint}`, `SQLSTATE ${cause?.code}`].filter(Boolean).join(', ')
  return new BadRow(lineOf(batch, Number(row)), message, column, rule)
}

export interface Aftermath {
  /** Rows that others could see until they were taken out again. */
  readonly removed: number
  /** Set when they could not be taken out. */
  readonly stuck?: string | undefined
}

/** What the user is told of a bad row. */
export function badRowError(file: string, bad: BadRow, { removed, stuck }: Aftermath): ArxError {
  const column = bad.column === undefined ? '' : `column ${bad.column}: `
  const left =
    stuck ?? (removed > 0 ? `nothing of it is left; ${removed} rows were visible meanwhile` : 'nothing of it is in')
  return new ArxError({
    code: 'bad-row',
    message: `${file} line ${bad.line}: ${column}${bad.message}`,
    detail: [bad.reason, left].filter(Boolean).join('; '),
    hint: bad.reason?.startsWith('give one')
      ? '--source NAME --attribution TEXT'
      : 'correct or remove the line, then load the file again',
  })
}
