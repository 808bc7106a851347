import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { drawChart } from '../../src/render/draw.ts'
import { displayWidth } from '../../src/render/text.ts'
import { anyAnswer, BANDS, bars, MACD, MEANS, RSI, series, wave } from './draw-sample.ts'

const PLAIN = { width: 80, height: 20, color: false, ascii: false }
const lines = (text: string) => text.split('\n').slice(0, -1)
const golden = (name: string) => `../../fixtures/golden/render/${name}.txt`

const DRAWINGS = {
  'draw-bands': wave(60, BANDS),
  'draw-macd': wave(60, MACD),
  'draw-rsi': wave(60, RSI),
  'draw-means': wave(30, MEANS),
  'draw-merged': wave(1000, MACD, 0.000006),
  'draw-bars': bars([1.765665, 2.5, 0.01, 3, null]),
  'draw-bars-signed': bars(['-0.93', '0.4', '0', '1.2'], 'decimal'),
} as const

describe('goldens', () => {
  test.each(Object.entries(DRAWINGS))('%s', async (name, answer) => {
    await expect(drawChart(answer, PLAIN)).toMatchFileSnapshot(golden(name))
    await expect(drawChart(answer, { ...PLAIN, width: 60, ascii: true })).toMatchFileSnapshot(golden(`${name}-ascii`))
  })
})

describe('a drawing', () => {
  test('tells lines apart without a colour, and names their marks', () => {
    const text = drawChart(wave(40, MEANS), PLAIN)
    expect(text).toContain('⠒ close  • mid  ◦ slow')
    const narrow = drawChart(wave(400, MEANS), { ...PLAIN, width: 40 })
    expect(narrow).toContain('⠒ close  • mid  ◦ slow')
    expect(narrow).toMatch(/400 bars, \d+ merged per column/)
    expect(lines(narrow).length).toBe(PLAIN.height)
    expect(text.match(/•/g)!.length).toBeGreaterThan(5)
    expect(text.match(/◦/g)!.length).toBeGreaterThan(5)
  })

  test('marks levels over the whole width, with their numbers', () => {
    const level = lines(drawChart(wave(40, RSI), PLAIN)).filter((line) => /╌/.test(line))
    expect(level.map((line) => line.split(' ').at(-1))).toEqual(['70', '30'])
  })

  test('draws bars up above zero and down below it', () => {
    const answer = (values: readonly number[]) => ({
      ...{ columns: [], notes: [], chart: series([{ kind: 'histogram', column: 'v' }]) },
      rows: values.map((v, i) => ({ timestamp: `2025-01-0${i + 1}T00:00:00Z`, v })),
    })
    const drawn = lines(drawChart(answer([1, -1]), { ...PLAIN, height: 7 })).slice(0, 4)
    const [left, right] = [drawn.map((line) => line[0]), drawn.map((line) => line.at(line.search(/[│┤]/) - 1))]
    expect(left).toEqual(['█', '█', ' ', ' '])
    expect(right).toEqual([' ', ' ', '█', '█'])
  })

  test('leaves a gap where a line has no value', () => {
    const rows = [1, 2, null, 4, 5].map((v, i) => ({ timestamp: `2025-01-0${i + 1}T00:00:00Z`, v, w: 1 }))
    const chart = series([{ kind: 'lines', columns: ['v', 'w'] }])
    const whole = { columns: [], rows, notes: [], chart }
    // The other line keeps the row: the hole is in the middle of the drawing.
    const drawn = lines(drawChart(whole, { ...PLAIN, width: 42, ascii: true })).slice(0, 17)
    const middle = drawn.map((line) => line.slice(14, 24)).join('')
    expect(middle).not.toContain('*')
    expect(drawn.join('')).toContain('*')
  })

  test('shows a lone spike though many rows share its column', () => {
    const rows = Array.from({ length: 5000 }, (_, i) => ({
      timestamp: new Date(i * 60_000).toISOString(),
      v: i === 2500 ? '1000' : '1',
    }))
    const answer = { columns: [], rows, notes: [], chart: series([{ kind: 'lines', columns: ['v'] }]) }
    const [first, ...rest] = lines(drawChart(answer, PLAIN))
    expect(first!.trim()).toMatch(/^[\u2800-\u28ff]/)
    expect(rest.join('\n')).toContain('merged per column')
  })

  test('is the first series only', () => {
    const row = (exchange_id: string, v: number, day: number) => ({
      exchange_id,
      v,
      timestamp: `2025-01-0${day}T00:00:00Z`,
    })
    const chart = series([{ kind: 'lines', columns: ['v'] }], ['exchange_id'])
    const [a, b] = [
      [row('a', 1, 1), row('a', 2, 2)],
      [row('b', 900, 1), row('b', 800, 2)],
    ]
    const drawn = (rows: readonly object[]) => drawChart({ columns: [], rows, notes: [], chart }, PLAIN)
    expect(drawn([...a, ...b])).toBe(drawn(a))
    expect(drawn(b)).not.toBe(drawn(a))
  })

  test('of bars: the order of the answer, `-` for null, lengths in proportion, a line at zero', () => {
    const [half, none, full] = lines(drawChart(bars([1, null, 2]), PLAIN))
    const count = (line: string) => line.match(/█/g)?.length ?? 0
    expect(Math.abs(count(full!) - 2 * count(half!))).toBeLessThanOrEqual(1)
    expect(none).toMatch(/^kraken estimator 1 +- *$/)
    const signed = lines(drawChart(bars([-1, 1]), PLAIN))
    expect(signed[0]!.indexOf('│')).toBe(signed[1]!.indexOf('│'))
    expect(signed[0]!.indexOf('█')).toBeLessThan(signed[0]!.indexOf('│'))
    expect(signed[1]!.indexOf('█')).toBeGreaterThan(signed[1]!.indexOf('│'))
    expect(drawChart(bars([0.25], 'ratio'), PLAIN)).toContain('25%')
  })

  test('of nothing is nothing', () => {
    expect(drawChart(wave(0, MACD), PLAIN)).toBe('')
    expect(drawChart(bars([]), PLAIN)).toBe('')
    expect(drawChart(bars([null, 'NaN']), PLAIN)).toBe('')
    expect(drawChart({ ...wave(3, MEANS), rows: [{ timestamp: '2025-01-01T00:00:00Z', close: null }] }, PLAIN)).toBe('')
  })

  test.each([
    ['one pane', MEANS, 20],
    ['two panes', RSI, 20],
    ['three panes', MACD, 20],
    ['three panes on a high terminal', MACD, 40],
    ['candles', BANDS, 14],
  ])('is as high as asked: %s', (_, chart, height) => {
    expect(lines(drawChart(wave(50, chart), { ...PLAIN, height })).length).toBe(height)
  })

  test('of 100,000 rows takes a moment', () => {
    const answer = wave(100_000, series([{ kind: 'lines', columns: ['close', 'mid'] }]))
    const start = performance.now()
    expect(drawChart(answer, PLAIN)).toContain('100000 bars')
    // 200 ms alone on a laptop of 2020; the rest is for whoever shares the machine.
    expect(performance.now() - start).toBeLessThan(1500)
  })

  test('tells tiny prices apart on its axis', () => {
    const labels = lines(drawChart(wave(30, MEANS, 1e-12), PLAIN)).flatMap((line) => /┤ (.*)/.exec(line)?.[1] ?? [])
    expect(labels.length).toBeGreaterThan(2)
    expect(new Set(labels).size).toBe(labels.length)
  })
})

describe('laws', () => {
  test('never throws, never wider than asked, whole lines, ASCII when asked, colour adds nothing but colour', () => {
    const size = { width: fc.integer({ min: 10, max: 220 }), height: fc.integer({ min: 1, max: 60 }) }
    fc.assert(
      fc.property(anyAnswer, fc.record(size), (answer, { width, height }) => {
        const text = drawChart(answer, { width, height, color: false, ascii: false })
        if (text !== '') expect(text.endsWith('\n')).toBe(true)
        for (const line of lines(text)) expect(displayWidth(line)).toBeLessThanOrEqual(width)
        const painted = drawChart(answer, { width, height, color: true, ascii: false })
        // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours of a terminal are just that
        expect(painted.replace(/\x1b\[\d+m/g, '').replace(/ +$/gm, '')).toBe(text)
        for (const line of lines(drawChart(answer, { width, height, color: false, ascii: true }))) {
          expect(displayWidth(line)).toBeLessThanOrEqual(width)
          expect(line).not.toMatch(/[\u2500-\u28ff]/)
        }
      }),
      { numRuns: 400 },
    )
  })
})
