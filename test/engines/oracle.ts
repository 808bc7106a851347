// The definitions of TWAP, VWAP and candles by brute force: exact integers, one price after the other, no SQL, no float.

/** Microseconds since 1970. */
export type Micros = bigint

export interface Tick {
  readonly at: Micros
  readonly price: string
}

export interface Bar {
  readonly at: Micros
  readonly open: string
  readonly high: string
  readonly low: string
  readonly close: string
  readonly volume: string | null
}

export interface Part {
  readonly bucket: Micros
  readonly from: Micros
  readonly to: Micros
  readonly partial: boolean
}

/** Reads ISO 8601 with an offset and up to six digits of a second. */
export function micros(text: string): Micros {
  const [, whole, digits = '', zone] = /^([^.]*?)(?:\.(\d{1,6}))?(Z|[+-]\d\d:\d\d)$/.exec(text)!
  return BigInt(Date.parse(`${whole}${zone}`)) * 1000n + BigInt(digits.padEnd(6, '0'))
}

export function iso(at: Micros): string {
  const fraction = at % 1_000_000n
  const whole = new Date(Number((at - fraction) / 1000n)).toISOString().slice(0, 19)
  return fraction === 0n ? `${whole}Z` : `${whole}.${String(fraction).padStart(6, '0').replace(/0+$/, '')}Z`
}

export const SECOND = 1_000_000n
export const MINUTE = 60n * SECOND
export const HOUR = 60n * MINUTE

const PLACES = 24

/** A decimal text as a whole number of 1e-24. */
export function scaled(text: string): bigint {
  const [whole, fraction = ''] = text.split('.')
  if (fraction.length > PLACES) throw new Error(`${text} has too many digits`)
  return BigInt(whole + fraction.padEnd(PLACES, '0'))
}

/** numerator (in 1e-24) / denominator, rounded half up at 18 decimals, without trailing zeros. */
export function quotient(numerator: bigint, denominator: bigint): string {
  const step = denominator * 1_000_000n
  const rounded = String((2n * numerator + step) / (2n * step)).padStart(19, '0')
  return `${rounded.slice(0, -18)}.${rounded.slice(-18)}`.replace(/\.?0+$/, '')
}

const lesser = (a: bigint, b: bigint): bigint => (a < b ? a : b)
const most = (a: bigint, b: bigint): bigint => (a > b ? a : b)
const within = <Row extends { readonly at: Micros }>(rows: readonly Row[], from: Micros, to: Micros): readonly Row[] =>
  rows.filter(({ at }) => at >= from && at < to).sort((a, b) => (a.at < b.at ? -1 : 1))

/** The last price stands until the next one, or until it is too old; [from, to). */
export function twapOf(ticks: readonly Tick[], stands: Micros, from: Micros, to: Micros) {
  const inOrder = [...ticks].sort((a, b) => (a.at < b.at ? -1 : 1))
  let [area, known, carried_in] = [0n, 0n, false]
  for (const [i, { at, price }] of inOrder.entries()) {
    const length = lesser(lesser(inOrder[i + 1]?.at ?? to, at + stands), to) - most(at, from)
    if (length <= 0n) continue
    area += scaled(price) * length
    known += length
    carried_in ||= at < from
  }
  return {
    twap: known === 0n ? null : quotient(area, known),
    coverage: Number(known) / Number(to - from),
    n_obs: within(ticks, from, to).length,
    carried_in,
  }
}

/** A candle as TWAP sees it: its close stands from its start. */
export const closes = (bars: readonly Bar[]): readonly Tick[] => bars.map(({ at, close }) => ({ at, price: close }))

/** Sum of typical price x volume over the bars that begin in [from, to). */
export function vwapOf(bars: readonly Bar[], from: Micros, to: Micros) {
  const own = within(bars, from, to)
  const traded = own.flatMap((bar) => (bar.volume === null ? [] : [{ ...bar, volume: scaled(bar.volume) }]))
  const volume = traded.reduce((sum, bar) => sum + bar.volume, 0n)
  const turnover = traded.reduce(
    (sum, { high, low, close, volume }) => sum + (scaled(high) + scaled(low) + scaled(close)) * volume,
    0n,
  )
  return {
    vwap: volume === 0n ? null : quotient(turnover, 3n * volume),
    volume: traded.length ? quotient(volume, 1n) : null,
    volume_coverage: own.length ? traded.length / own.length : null,
    n_obs: own.length,
  }
}

/** One bar over [from, to), of ticks or of bars; undefined when nothing is in it. */
export function candleOf(rows: readonly (Tick | Bar)[], from: Micros, to: Micros) {
  const bars = within(rows, from, to).map((row) =>
    'price' in row ? { open: row.price, high: row.price, low: row.price, close: row.price, volume: null } : row,
  )
  if (bars.length === 0) return undefined
  const extreme = (side: 'high' | 'low', sign: bigint) =>
    bars.map((bar) => bar[side]).reduce((a, b) => (sign * (scaled(b) - scaled(a)) > 0n ? b : a))
  const volumes = bars.flatMap(({ volume }) => (volume === null ? [] : [scaled(volume)]))
  return {
    open: bars[0]!.open,
    high: extreme('high', 1n),
    low: extreme('low', -1n),
    close: bars.at(-1)!.close,
    volume: volumes.length
      ? quotient(
          volumes.reduce((a, b) => a + b),
          1n,
        )
      : null,
    n_obs: bars.length,
  }
}

/** The mean of figures that are there; null when none is. */
export function meanOf(figures: readonly (string | null)[]): string | null {
  const there = figures.filter((figure) => figure !== null)
  if (there.length === 0) return null
  return quotient(
    there.reduce((sum, figure) => sum + scaled(figure), 0n),
    BigInt(there.length),
  )
}

/** A window cut where the bounds say; they reach over both of its ends. */
export const partsOf = (bounds: readonly Micros[], from: Micros, to: Micros): readonly Part[] =>
  bounds.slice(0, -1).flatMap((bucket, i) => {
    const ends = bounds[i + 1]!
    if (ends <= from || bucket >= to) return []
    return [{ bucket, from: most(bucket, from), to: lesser(ends, to), partial: bucket < from || ends > to }]
  })

/** So many bounds, a fixed width apart. */
export const every = (first: Micros, width: Micros, count: number): readonly Micros[] =>
  Array.from({ length: count }, (_, i) => first + BigInt(i) * width)
