import { describe, expect, test } from 'vitest'
import { type DrawOptions, drawSeries } from '../../src/render/draw-series.ts'
import { displayWidth } from '../../src/render/text.ts'

interface ChartRow {
  readonly timestamp: string
  readonly open: string
  readonly high: string
  readonly low: string
  readonly close: string
  readonly volume: string | null
}

/** Candles of at most this size, of a single market. */
const candleChart = (rows: readonly ChartRow[], options: DrawOptions): string =>
  drawSeries(
    { columns: [], rows, notes: [] },
    { kind: 'series', x: 'timestamp', by: [], panes: [{ kind: 'candles' }] },
    { ...options, width: Math.max(24, options.width), height: Math.max(8, options.height) },
  )

const HOUR = 3_600_000
const PLAIN = { width: 80, height: 20, color: false, ascii: false }

/** A wave with a trend, the same on every machine. */
function wave(
  count: number,
  { step = HOUR, price = 97_000, volume = true, skip = (_: number): boolean => false } = {},
) {
  const at = (i: number) => price * (1 + 0.02 * Math.sin(i / 5) + 0.0005 * i)
  return Array.from({ length: count }, (_, i): ChartRow => {
    const [open, close] = [at(i), at(i + 1)]
    return {
      timestamp: new Date(Date.UTC(2025, 0, 1) + i * step).toISOString(),
      open: String(open),
      high: String(Math.max(open, close) * 1.002),
      low: String(Math.min(open, close) * 0.998),
      close: String(close),
      volume: volume ? String(100 + 50 * Math.cos(i)) : null,
    }
  }).filter((_, i) => !skip(i))
}

const flat = (price: string, day: number): ChartRow => ({
  timestamp: `2025-01-0${day}T00:00:00Z`,
  open: price,
  high: price,
  low: price,
  close: price,
  volume: null,
})

const golden = (name: string) => `../../fixtures/golden/render/${name}.txt`

describe('goldens', () => {
  test.each([
    ['chart', wave(48), PLAIN],
    ['chart-ascii', wave(24), { ...PLAIN, ascii: true, width: 60 }],
    ['chart-merged', wave(500, { step: 60_000, price: 0.00000618 }), { ...PLAIN, width: 40, height: 12 }],
    ['chart-gaps', wave(40, { step: 24 * HOUR, volume: false, skip: (i) => i > 10 && i < 16 }), PLAIN],
    ['chart-one', wave(1), { ...PLAIN, width: 40, height: 10 }],
    ['chart-flat', [flat('1', 1), flat('1', 2), flat('1', 3)], { ...PLAIN, width: 40, height: 10 }],
  ])('%s', async (name, rows, options) => {
    await expect(candleChart(rows, options)).toMatchFileSnapshot(golden(name))
  })
})

describe('a chart', () => {
  test('of nothing is nothing', () => {
    expect(candleChart([], PLAIN)).toBe('')
    expect(candleChart([flat('NaN', 1)], PLAIN)).toBe('')
  })

  test.each([
    [24, 8],
    [40, 10],
    [80, 20],
    [200, 50],
  ])('stays within %i x %i, however many bars there are', (width, height) => {
    for (const count of [1, 2, 7, 100, 5000])
      for (const ascii of [false, true]) {
        const lines = candleChart(wave(count), { width, height, color: false, ascii }).split('\n').slice(0, -1)
        expect(lines.length).toBe(height)
        for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(width)
      }
  })

  test('tells up from down by shape: outline and filled, without a colour', () => {
    const [up, down] = [
      { ...flat('1', 1), open: '1', low: '1', high: '2', close: '2' },
      { ...flat('1', 1), open: '2', low: '1', high: '2', close: '1' },
    ]
    const body = (row: ChartRow) => candleChart([row], PLAIN).split('\n')[8]![0]
    expect(body(up!)).toBe('┃')
    expect(body(down!)).toBe('█')
  })

  test('says how many bars a column holds, and how many are missing', () => {
    expect(candleChart(wave(500), PLAIN)).toMatch(/500 bars, \d+ merged per column/)
    expect(candleChart(wave(40, { skip: (i) => i > 10 && i < 16 }), PLAIN)).toContain('5 missing')
    expect(candleChart(wave(40), PLAIN)).not.toMatch(/merged|missing/)
  })

  test('leaves a hole where candles are missing, and does not push the rest together over a long one', () => {
    const hole = candleChart(wave(20, { volume: false, skip: (i) => i === 10 }), { ...PLAIN, width: 34 })
    const columns = hole.split('\n').slice(0, 17)
    expect(columns.every((line) => (line[10] ?? ' ') === ' ')).toBe(true)
    const long = wave(2, { step: 1 }).concat(wave(30, { step: HOUR }).slice(10))
    expect(candleChart(long, PLAIN)).not.toContain('merged')
  })

  test('is ASCII when asked, and coloured only when asked', () => {
    expect(candleChart(wave(60), { ...PLAIN, ascii: true })).toMatch(/^[\x20-\x7e\n]+$/)
    expect(candleChart(wave(60), PLAIN)).not.toContain('\x1b')
    expect(candleChart(wave(60), { ...PLAIN, color: true })).toContain('\x1b[32m')
  })

  test('draws rows in any order alike', () => {
    expect(candleChart(wave(30).reverse(), PLAIN)).toBe(candleChart(wave(30), PLAIN))
  })
})
