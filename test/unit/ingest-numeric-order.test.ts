// Numerics as the wire has them: what is written is what the text says, and two of them compare as the numbers do.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readNumeric, writeNumeric } from '../../src/ingest/values/numeric.ts'
import { isLess, isOrdinary, plainPrice, roughly } from '../../src/ingest/values/numeric-order.ts'

/** Digits with runs of zeros, on which groups of four begin, end and vanish. */
const digits = (most: number) =>
  fc
    .array(fc.tuple(fc.constantFrom('0', '0', '1', '9', '45'), fc.nat(5)), { maxLength: most })
    .map((runs) => runs.map(([text, times]) => text.repeat(times)).join(''))

const decimal = fc
  .tuple(digits(3), digits(4))
  .map(([whole, decimals]) => `${whole || '0'}${decimals === '' ? '' : `.${decimals}`}`)

function written(text: string): Buffer {
  const out = Buffer.alloc(200, 0xff)
  return out.subarray(0, writeNumeric(Buffer.from(text), 0, text.length, out, 0))
}

/** The sign of a - b, by whole numbers. */
function compare(a: string, b: string): number {
  const scaled = (text: string): bigint => {
    const [whole = '', decimals = ''] = text.split('.')
    return BigInt(whole + decimals.padEnd(120, '0'))
  }
  const difference = scaled(a) - scaled(b)
  return difference > 0n ? 1 : difference < 0n ? -1 : 0
}

/** Two numbers, close to each other as the prices of a bar are. */
const pair = fc
  .tuple(decimal, decimal, fc.nat(20))
  .map(([a, b, keep]) => [a, a.slice(0, keep).includes('.') ? a.slice(0, keep) + b.replace('.', '') : b] as const)

test('the close pairs are close, and some are equal', () => {
  const pairs = fc.sample(pair, { numRuns: 2000, seed: 1 })
  const near = pairs.filter(([a, b]) => a !== b && a.split('.')[0] === b.split('.')[0])
  expect(near.length).toBeGreaterThan(200)
  expect(pairs.filter(([a, b]) => compare(a, b) === 0).length).toBeGreaterThan(20)
})

describe('written and read', () => {
  test('the text comes back, without zeros in front', () => {
    fc.assert(
      fc.property(decimal, (text) => {
        expect(readNumeric(written(text), 0)).toBe(text.replace(/^0+(?=\d)/, ''))
      }),
      { numRuns: 2000 },
    )
  })

  test('neither the first nor the last group is zero, as the server has it', () => {
    fc.assert(
      fc.property(decimal, (text) => {
        const bytes = written(text)
        const count = bytes.readUInt16BE(0)
        expect(bytes.length).toBe(8 + 2 * count)
        if (count === 0) expect(bytes.readInt16BE(2)).toBe(0)
        else expect(bytes.readUInt16BE(8) * bytes.readUInt16BE(bytes.length - 2)).not.toBe(0)
      }),
      { numRuns: 2000 },
    )
  })

  test.each(['10000', '10000.0', '0.00010000', '0.00001', '99999999', '100000000', '123456789.5', '1.', '00000000.5'])(
    '%s',
    (text) => expect(readNumeric(written(text), 0)).toBe(text.replace(/^0+(?=\d)/, '').replace(/\.$/, '')),
  )
})

describe('compared where they lie', () => {
  test('isLess, of numbers above zero', () => {
    fc.assert(
      fc.property(pair, ([a, b]) => {
        fc.pre(compare(a, '0') > 0 && compare(b, '0') > 0)
        const out = Buffer.concat([written(a), written(b)])
        expect(isLess(out, 0, written(a).length)).toBe(compare(a, b) < 0)
      }),
      { numRuns: 5000 },
    )
  })

  test('plain prices, where both are plain', () => {
    let plain = 0
    fc.assert(
      fc.property(pair, ([a, b]) => {
        const [x, y] = [plainPrice(written(a), 0), plainPrice(written(b), 0)]
        if (Number.isNaN(x) || Number.isNaN(y)) return
        plain++
        expect(Math.sign(x - y)).toBe(compare(a, b))
        expect(isOrdinary(written(a), 0)).toBe(true)
        expect(roughly(written(a), 0)).toBe(x)
      }),
      { numRuns: 5000 },
    )
    expect(plain).toBeGreaterThan(500)
  })

  test.each(['0', '-1', '0.0', '1e-29', '1e29', '1.0001000100010001'])('%s is no plain price', (text) =>
    expect(plainPrice(written(text), 0)).toBeNaN(),
  )
})
