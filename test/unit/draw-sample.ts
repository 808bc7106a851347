// Answers to draw: every kind of drawing, small and the same on every machine; and any answer at all.
import fc from 'fast-check'
import { type Chart, columns, type Pane, type Result } from '../../src/core/result.ts'

const DAY = 86_400_000
const START = Date.UTC(2025, 0, 1)

export const series = (panes: readonly Pane[], by: readonly string[] = []): Chart => ({
  kind: 'series',
  x: 'timestamp',
  by,
  panes,
})

export const MACD = series([
  { kind: 'lines', columns: ['close'] },
  { kind: 'lines', columns: ['macd', 'signal'] },
  { kind: 'histogram', column: 'histogram' },
])
export const RSI = series([
  { kind: 'lines', columns: ['close'] },
  { kind: 'lines', columns: ['rsi'], levels: [30, 70] },
])
export const BANDS = series([{ kind: 'candles', lines: ['upper', 'mid', 'lower'] }])
export const MEANS = series([{ kind: 'lines', columns: ['close', 'mid', 'slow'] }])

/** Waves of prices with everything computed from them; the first rows have no bands yet, as in real answers. */
export function wave(count: number, chart: Chart, price = 100): Result<object> {
  const at = (i: number) => price * (1 + 0.2 * Math.sin(i / 6))
  const rows = Array.from({ length: count }, (_, i) => {
    const [open, close] = [at(i), at(i + 1)]
    const mid = i < 5 ? null : at(i - 3)
    return {
      timestamp: new Date(START + i * DAY).toISOString(),
      ...{ open: String(open), high: String(Math.max(open, close) * 1.03), low: String(Math.min(open, close) * 0.97) },
      close: String(close),
      ...{ mid, upper: mid && mid * 1.2, lower: mid && mid * 0.8, slow: i < 9 ? null : price * 0.95 },
      ...{ macd: Math.sin(i / 6), signal: Math.sin((i - 3) / 6), histogram: Math.sin(i / 6) - Math.sin((i - 3) / 6) },
      rsi: 50 + 35 * Math.sin(i / 4),
    }
  })
  return { columns: columns({ timestamp: 'time', close: 'decimal', rsi: 'float' }), rows, notes: [], chart }
}

export const bars = (
  values: readonly (number | string | null)[],
  kind: 'float' | 'ratio' | 'decimal' = 'float',
): Result<object> => ({
  columns: columns({ exchange_id: 'text', estimator: 'text', value: kind }),
  rows: values.map((value, i) => ({ exchange_id: 'kraken', estimator: `estimator ${i}`, value })),
  notes: [],
  chart: { kind: 'bars', label: ['exchange_id', 'estimator'], value: 'value' },
})

// Frames and blocks are what a drawing is made of: a law looks for them in ASCII ones.
const word = fc.string({ unit: 'grapheme', maxLength: 30 }).map((text) => text.replace(/[\u2500-\u28ff]/g, '東'))
const number = fc.oneof(
  fc.double(),
  fc.constantFrom(0, -0, 5e-324, 1e-12, 1.7e308, -1.7e308, Number.NaN, Number.NEGATIVE_INFINITY),
  fc.integer({ min: -5, max: 5 }),
)
const value = fc.oneof(number, number.map(String), fc.constant(null), word)
const time = fc.oneof(
  fc.integer({ min: -1e12, max: 4e12 }).map((ms) => new Date(ms).toISOString()),
  fc.integer({ min: 0, max: 40 }).map((day) => new Date(day * 86_400_000).toISOString()),
  fc.constantFrom('never', ''),
)
const name = fc.constantFrom('open', 'high', 'low', 'close', 'mid', '東京\u202e')
const pane = fc.oneof(
  fc.record({ kind: fc.constant('candles' as const), lines: fc.array(name, { maxLength: 3 }) }),
  fc.record({
    kind: fc.constant('lines' as const),
    columns: fc.array(name, { maxLength: 8 }),
    levels: fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 3 }),
  }),
  fc.record({ kind: fc.constant('histogram' as const), column: name }),
)
const row = fc.record({
  ...{ timestamp: time, label: word, volume: value, open: value, high: value, low: value, close: value, mid: value },
  '東京\u202e': value,
})

/** Any answer whatsoever, with any drawing. */
export const anyAnswer = fc
  .tuple(
    fc.array(row, { maxLength: 60 }),
    fc.oneof(
      fc.array(pane, { maxLength: 4 }).map((panes) => series(panes)),
      fc.constant({ kind: 'bars' as const, label: ['label'], value: 'close' }),
    ),
    fc.constantFrom('decimal' as const, 'float' as const, 'ratio' as const, 'duration' as const),
  )
  .map(
    ([rows, chart, kind]): Result<object> => ({
      columns: columns({ label: 'text', close: kind }),
      rows,
      notes: [],
      chart,
    }),
  )
