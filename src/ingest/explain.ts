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

/** Which of a candle's bounds is broken. */
function bounds(v: Values): readonly [column: string, reason: string] | undefined {
  const { open, high, low, close } = v
  if (!open || !high || !low || !close) return undefined
  for (const [name, value] of Object.entries({ open, high, low, close }))
    if (compare(value, '0') <= 0) return [name, `${name} ${value} is not above zero`]
  for (const [name, value] of Object.entries({ open, close, low }))
    if (compare(high, value) < 0) return ['high', `high ${high} is below ${name} ${value}`]
  for (const [name, value] of Object.entries({ open, close }))
    if (compare(low, value) > 0) return ['low', `low ${low} is above ${name} ${value}`]
  return undefined
}

function broken(constraint: string | undefined, v: Values): readonly [column: string, reason: string] | undefined {
  if (constraint === 'candles_bounds') return bounds(v)
  if (constraint === 'prices_price') return ['price', `price ${v.price} is not above zero`]
  if (constraint === 'analytics_one_metric') return undefined
  const negative = Object.entries(v).find(([name, value]) => name !== 'timestamp' && value?.startsWith('-'))
  return negative && [negative[0], `${negative[0]} ${negative[1]} is negative`]
}

/** The bad row behind what the server said, or undefined when it was no row's fault. */
export function badRowOf(error: unknown, batch: Batch, plan: Plan): BadRow | undefined {
  const cause = (error instanceof ArxError ? error.cause : error) as ServerError | undefined
  if (!/^(22|23514$|23502$)/.test(cause?.code ?? '')) return undefined
  const row = /^COPY \w+, line (\d+)/m.exec(cause?.where ?? '')?.[1]
  if (row === undefined) return undefined
  const found = broken(cause?.constraint, decodeRow(batch, Number(row), plan))
  const name = found?.[0] ?? cause?.column
  const column = plan.columns.find((c) => c.name === name)?.from ?? name
  const rule = [cause?.constraint && `check ${cause.constraint}`, `SQLSTATE ${cause?.code}`].filter(Boolean).join(', ')
  return new BadRow(lineOf(batch, Number(row)), found?.[1] ?? cause!.message, column, rule)
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
