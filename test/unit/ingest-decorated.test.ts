import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { plainDecimal } from '../../src/ingest/values/decorated.ts'
import { readNumeric, writeNumeric } from '../../src/ingest/values/numeric.ts'

/** The number that reaches the server, and its unit. */
function read(written: string): readonly [string, string | undefined] | undefined {
  const plain = plainDecimal(written)
  if (!plain) return undefined
  const out = Buffer.alloc(4200)
  const bytes = Buffer.from(plain.text)
  expect(writeNumeric(bytes, 0, bytes.length, out, 0)).toBeGreaterThan(0)
  return [readNumeric(out, 0), plain.unit]
}

describe('numbers in dress', () => {
  test.each([
    ['$39,979.12', '39979.12', 'USD'],
    ['$1', '1', 'USD'],
    ['US$5', '5', 'USD'],
    ['$ 5', '5', 'USD'],
    ['-$3.10', '-3.10', 'USD'],
    ['$-3.10', '-3.10', 'USD'],
    ['$5 USD', '5', 'USD'],
    ['$1.2B', '1200000000', 'USD'],
    ['+2.01%', '2.01', undefined],
    ['-5.68%', '-5.68', undefined],
    ['0.5 %', '0.5', undefined],
    ['960,017 BTC', '960017', 'BTC'],
    ['0 ETH', '0', 'ETH'],
    ['12 1INCH', '12', '1INCH'],
    ['1e3 BTC', '1000', 'BTC'],
    ['1.5B', '1500000000', undefined],
    ['2.3 M', '2300000', undefined],
    ['2.3 M USDT', '2300000', 'USDT'],
    ['750K', '750000', undefined],
    ['750k', '750000', undefined],
    ['1.2T', '1200000000000', undefined],
    ['1.23456K', '1234.56', undefined],
    ['1.5e-3K', '1.5', undefined],
    ['1,234,567.890', '1234567.890', undefined],
    ['12.50', '12.50', undefined],
    ['.5', '0.5', undefined],
  ])('%s is %s %s', (written, decimal, unit) => expect(read(written)).toEqual([decimal, unit]))

  test.each([
    ...['', '$', '%', 'K', 'BTC', 'x', '1,5', '1.234,56', '1,23,456', '12,34', '1234,567', '0,123', '1,2345', ',123'],
    ...['€5', '£5', 'A$5', 'HK$5', '5€', '5 $', '($3.10)', '-$-3', '--3', '$1.2bn', '$1.2mn', '5 MM', '5 BN', '5 MLN'],
    ...['1.5m', '1.5b', '1.5BTC', '5 btc', '5 B B', '1.5BK', '$5%', '$5 EUR', '5% BTC', '5K%', '1 000', '12 345 BTC'],
    ...['12 345BTC', '1.2.3', '1e', '0x10', ' 5', '5 ', '5\n', 'NaN', '5 ABCDEFGHIJK'],
  ])('"%s" is not guessed at', (written) => expect(plainDecimal(written)).toBeUndefined())

  test('any number reads back exactly, however it is dressed', () => {
    const scales = { '': 0, k: 3, K: 3, ' M': 6, B: 9, T: 12 } as const
    const number = fc.record({
      minus: fc.boolean(),
      whole: fc.bigInt({ min: 0n, max: 10n ** 30n }),
      fraction: fc.stringMatching(/^[0-9]{0,25}$/),
      commas: fc.boolean(),
      dollar: fc.constantFrom('', '$', 'US$'),
      scale: fc.constantFrom(...(Object.keys(scales) as (keyof typeof scales)[])),
      unit: fc.constantFrom('', 'USD', 'BTC', '1INCH', '1000SATS'),
    })
    fc.assert(
      fc.property(number, ({ minus, whole, fraction, commas, dollar, scale, unit }) => {
        fc.pre(dollar === '' || unit === '' || unit === 'USD')
        const shown = commas ? String(whole).replace(/(?<=\d)(?=(?:\d{3})+$)/g, ',') : String(whole)
        const suffix = `${scale}${unit === '' ? '' : ` ${unit}`}`
        const written = `${minus ? '-' : ''}${dollar}${shown}${fraction === '' ? '' : `.${fraction}`}${suffix}`
        const [decimal = '', readUnit] = read(written) ?? []
        expect(readUnit).toBe(dollar === '' ? unit || undefined : 'USD')
        // Both sides as whole numbers of the 25th decimal place.
        const [integers = '', decimals = ''] = decimal.replace('-', '').split('.')
        const meant = BigInt(`${whole}${fraction.padEnd(25, '0')}`) * 10n ** BigInt(scales[scale])
        expect(BigInt(integers + decimals.padEnd(25, '0'))).toBe(meant)
        expect(decimal.startsWith('-')).toBe(minus && meant !== 0n)
      }),
    )
  })

  test('what already is a plain number stays as it is', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^-?[0-9]{1,30}(\.[0-9]{1,30})?$/), (text) => {
        expect(plainDecimal(text)).toEqual({ text, unit: undefined })
      }),
    )
  })
})
