// The indicators as functions of arrays: where they begin, where they are undefined, and what --compat changes.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { atr } from '../../src/core/indicators/atr.ts'
import { bollinger } from '../../src/core/indicators/bollinger.ts'
import { compute } from '../../src/core/indicators/compute.ts'
import { ema } from '../../src/core/indicators/ema.ts'
import { macd } from '../../src/core/indicators/macd.ts'
import { rsi } from '../../src/core/indicators/rsi.ts'
import type { Series } from '../../src/core/indicators/series.ts'
import {
  averaged,
  bollingerSetting,
  definitionOf,
  firstIndex,
  macdSetting,
  type Setting,
  stableFrom,
} from '../../src/core/indicators/settings.ts'
import { sma } from '../../src/core/indicators/sma.ts'
import { emaConstant, forgets, warmUpBars, wilderConstant } from '../../src/core/indicators/warm-up.ts'
import { parseWish } from '../../src/core/indicators/wish.ts'

const equal = (n: number, price = 0.1) => Array<number>(n).fill(price)
const firstOf = (series: Series) => series.findIndex((value) => value !== null)
const barsOf = (close: readonly number[]) => ({ close, high: close.map((c) => c + 1), low: close.map((c) => c - 1) })

describe('worked by hand', () => {
  test('EMA of 3: mean of three, then halves', () => {
    expect(ema([1, 2, 6, 5, 3], { period: 3 })).toEqual([null, null, 3, 4, 3.5])
    expect(ema([1, 2, 6, 5, 3], { period: 3, seed: 'first' })).toEqual([null, null, 3.75, 4.375, 3.6875])
  })

  test('SMA of 2', () => expect(sma([1, 2, 6], { period: 2 })).toEqual([null, 1.5, 4]))

  test('RSI of 2: gains 1, 0, 3 and losses 0, 2, 0', () => {
    // G = 0.5, then (0.5 + 3) / 2 = 1.75; L = 1, then 0.5
    const values = rsi([10, 11, 9, 12], { period: 2 })
    expect(values.slice(0, 3)).toEqual([null, null, 100 / 3])
    expect(values[3]).toBeCloseTo(175 / 2.25, 12)
  })

  test('RSI of 1 is all or nothing', () => expect(rsi([1, 2, 1, 1], { period: 1 })).toEqual([null, 100, 0, null]))

  test('ATR of 2: ranges 3, 4, 2', () => {
    const bars = { high: [5, 8, 7, 6], low: [4, 6, 4, 5], close: [5, 8, 4, 6] }
    expect(atr(bars, { period: 2 })).toEqual([null, null, 3.5, 2.75])
    expect(atr(bars, { period: 2, firstRange: true })).toEqual([null, 2, 3, 2.5])
  })

  test('bands of 2 around 1 and 3', () => {
    const bands = bollinger([1, 3], { period: 2, deviations: 2 })
    expect(bands).toEqual({
      mid: [null, 2],
      upper: [null, 4],
      lower: [null, 0],
      percent_b: [null, 0.75],
      bandwidth: [null, 2],
    })
  })
})

describe('where there is nothing to tell', () => {
  test('equal prices have no RSI, and bands of no width', () => {
    expect(new Set(rsi(equal(40), { period: 14 }))).toEqual(new Set([null]))
    const bands = bollinger(equal(40), { period: 20, deviations: 2 })
    expect(new Set(bands.percent_b)).toEqual(new Set([null]))
    expect(new Set(bands.bandwidth.slice(19))).toEqual(new Set([0]))
    expect(new Set(bands.upper.slice(19))).toEqual(new Set([0.1]))
  })

  test.each([0, 1, 14])('%i prices give as many nulls', (n) => {
    const prices = Array.from({ length: n }, (_, i) => i + 1)
    const nulls = Array(n).fill(null)
    expect(rsi(prices, { period: 14 })).toEqual(nulls)
    expect(atr(barsOf(prices), { period: 14 })).toEqual(nulls)
    expect(macd(prices, { fast: 12, slow: 26, signal: 9 }).line).toEqual(nulls)
    expect(macd(prices, { fast: 12, slow: 26, signal: 9, seed: 'first' }).line).toEqual(nulls)
    expect(bollinger(prices, { period: 20, deviations: 2 }).mid).toEqual(nulls)
  })
})

const SETTINGS: readonly Setting[] = [
  averaged('rsi', 14),
  averaged('atr', 14),
  averaged('ema', 26),
  averaged('sma', 20),
  macdSetting(),
  bollingerSetting(),
]
const COMPATS = [undefined, 'talib', 'tradingview', 'stockcharts'] as const
const wave = (n: number) => Array.from({ length: n }, (_, i) => 100 + 10 * Math.sin(i / 7) + ((i * 37) % 11))

describe.each(SETTINGS)('$kind', (setting) => {
  test.each(COMPATS)('begins where it says: %s', (compat) => {
    const series = compute(setting, barsOf(wave(60)), compat)
    expect(Math.max(...series.map(firstOf))).toBe(firstIndex(setting, compat))
  })

  test.each(COMPATS)('has forgotten how it began where it says: %s', (compat) => {
    const from = stableFrom(setting, compat)
    const prices = wave(from + 50)
    const whole = compute(setting, barsOf(prices), undefined)
    // A history that ends in the same bars, and began a third off.
    const other = [...prices.slice(0, 20).map((price) => price * 1.3), ...prices.slice(20)]
    for (const [i, series] of compute(setting, barsOf(prices), compat).entries()) {
      for (let bar = from; bar < prices.length; bar++) expect(series[bar]).toBeCloseTo(whole[i]![bar]!, 4)
    }
    expect(compute(setting, barsOf(other), compat)[0]!.at(-1)).toBeCloseTo(whole[0]!.at(-1)!, 3)
  })

  test('does not look ahead', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 1e6 }), { minLength: 1, maxLength: 80 }),
        fc.nat(),
        (prices, cut) => {
          const until = 1 + (cut % prices.length)
          const whole = compute(setting, barsOf(prices), undefined)
          const part = compute(setting, barsOf(prices.slice(0, until)), undefined)
          expect(part).toEqual(whole.map((series) => series.slice(0, until)))
        },
      ),
      { numRuns: 50 },
    )
  })
})

test('RSI stays between 0 and 100, and a mirrored market mirrors it', () => {
  const prices = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 5, maxLength: 60 })
  fc.assert(
    fc.property(prices, fc.integer({ min: 1, max: 10 }), (closes, period) => {
      const [up, down] = [closes, closes.map((close) => 2000 - close)].map((each) => rsi(each, { period }))
      for (const [i, value] of up!.entries()) {
        if (value === null) expect(down![i]).toBeNull()
        else {
          expect(value).toBeGreaterThanOrEqual(0)
          expect(value).toBeLessThanOrEqual(100)
          expect(value + down![i]!).toBeCloseTo(100, 9)
        }
      }
    }),
  )
})

describe('--compat', () => {
  const flat = barsOf(equal(40))
  test.each([
    [undefined, null],
    ['talib', 0],
    ['tradingview', 100],
    ['stockcharts', 100],
  ] as const)('a flat RSI of %s is %s', (compat, value) => {
    expect(compute(averaged('rsi', 14), flat, compat)[0]!.at(-1)).toBe(value)
  })

  test('talib begins both averages of MACD at once', () => {
    const closes = wave(40)
    const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length
    const [line] = compute(macdSetting(), barsOf(closes), 'talib')
    expect(line![25]).toBeCloseTo(mean(closes.slice(14, 26)) - mean(closes.slice(0, 26)), 10)
    expect(line![25]).not.toBeCloseTo(compute(macdSetting(), barsOf(closes), undefined)[0]![25]!, 3)
  })

  test('tradingview begins with the first close', () => {
    const [fast, slow] = [2, 3]
    // EMA2 of 1, 4, 2: 1, 3, 7/3; EMA3: 1, 2.5, 2.25
    const { line } = macd([1, 4, 2], { fast, slow, signal: 1, seed: 'first' })
    expect(line.slice(0, 2)).toEqual([null, null])
    expect(line[2]).toBeCloseTo(7 / 3 - 2.25, 12)
  })

  test('is part of the definition', () => {
    expect(definitionOf(macdSetting(), undefined)).toBe('macd-12-26-9/1')
    expect(definitionOf(averaged('rsi', 14), 'talib')).toBe('rsi-14-talib/1')
  })
})

test('warm-up: as many bars as it takes to forget, and 300 at least', () => {
  // 13.8 / -ln(25 / 27) = 179.3 and 13.8 / -ln(13 / 14) = 186.2
  expect([emaConstant(26), wilderConstant(14), 1].map(forgets)).toEqual([180, 187, 0])
  expect(warmUpBars(stableFrom(averaged('rsi', 14), undefined))).toBe(300)
  expect(warmUpBars(stableFrom(averaged('rsi', 50), undefined))).toBe(50 + 684)
})

describe('what is asked for', () => {
  test('names with and without numbers', () => {
    expect(parseWish('RSI, ema:20,macd:5:35:5,bollinger:20:2.5,rsi').map(({ columns }) => columns)).toEqual([
      ['rsi'],
      ['ema_20'],
      ['macd_5_35_5', 'signal_5_35_5', 'histogram_5_35_5'],
      ['mid_20_2.5', 'upper_20_2.5', 'lower_20_2.5', 'percent_b_20_2.5', 'bandwidth_20_2.5'],
    ])
  })

  test.each([
    ['', 'names no indicator'],
    ['rsj', 'no indicator "rsj"'],
    ['constructor', 'no indicator'],
    ['rsi:0', 'from 1 to 10000, not 0'],
    ['rsi:1.5', 'not 1.5'],
    ['rsi:14:3', 'no indicator with its numbers'],
    ['ema:x', 'no indicator with its numbers'],
    ['macd:26:12', 'not shorter'],
    ['macd:12:12', 'not shorter'],
    ['bollinger:1', 'no width'],
    ['bollinger:20:0', 'deviations'],
  ])('--with %s is refused', (text, said) => {
    expect(() => parseWish(text)).toThrow(said)
    expect(() => parseWish(text)).toThrow(expect.objectContaining({ exit: 2, hint: expect.any(String) }))
  })
})
