import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseFileName } from '../../src/ingest/plan/file-name.ts'
import { NOT_A_NUMBER, readNumeric, writeNumeric } from '../../src/ingest/values/numeric.ts'
import { splitPair, timeframe } from '../../src/ingest/values/symbol.ts'
import { isoTime, LOSSY_TIME, NOT_A_TIME, readTime } from '../../src/ingest/values/times.ts'

const time = (text: string): number => readTime(Buffer.from(`,${text},`), 1, 1 + Buffer.byteLength(text))

describe('times', () => {
  test.each([
    ['1730419200', '2024-11-01T00:00:00Z'],
    ['1730419200000', '2024-11-01T00:00:00Z'],
    ['1735689600000000', '2025-01-01T00:00:00Z'],
    ['1735689600000000123', '2025-01-01T00:00:00Z'],
    ['1605855600.0', '2020-11-20T07:00:00Z'],
    ['1547566094.9916964', '2019-01-15T15:28:14.991696Z'],
    ['1730419200000.5', '2024-11-01T00:00:00.0005Z'],
    ['2023-03-01 00:00:00+00:00', '2023-03-01T00:00:00Z'],
    ['2020-12-07T13:30:00Z', '2020-12-07T13:30:00Z'],
    ['2020-12-07T13:30:00.123456Z', '2020-12-07T13:30:00.123456Z'],
    ['2011-07-17 00:00:00 UTC', '2011-07-17T00:00:00Z'],
    ['2019-07-04 01:00', '2019-07-04T01:00:00Z'],
    ['2017-08-17', '2017-08-17T00:00:00Z'],
    ['2024-02-29T23:59:59-05:30', '2024-03-01T05:29:59Z'],
    ['2024-03-10 02:30:00', '2024-03-10T02:30:00Z'],
  ])('%s is %s', (text, iso) => expect(isoTime(time(text))).toBe(iso))

  test.each([
    '',
    'x',
    '2023-02-29',
    '2023-13-01',
    '2023-01-01 24:00',
    '2023-01-01 10',
    '2023-01-01T10:00:00 CET',
    '12:00',
    '1x',
  ])('"%s" is no time', (text) => expect(time(text)).toBe(NOT_A_TIME))

  test.each(['1.70407e+12', '1.7E12', '17e8'])('%s has lost digits', (text) => expect(time(text)).toBe(LOSSY_TIME))

  test('every moment since 2009 reads back as it was written', () => {
    const moment = fc.date({ min: new Date('2009-01-01'), max: new Date('2099-12-31'), noInvalidDate: true })
    fc.assert(
      fc.property(moment, (date) => {
        const us = date.getTime() * 1000
        expect(time(date.toISOString())).toBe(us)
        expect(time(String(us))).toBe(us)
        expect(time(String(date.getTime()))).toBe(us)
      }),
    )
  })
})

const numeric = (text: string): string | undefined => {
  const out = Buffer.alloc(4200, 0xff)
  return writeNumeric(Buffer.from(`,${text},`), 1, 1 + text.length, out, 3) === NOT_A_NUMBER
    ? undefined
    : readNumeric(out, 3)
}

describe('numbers', () => {
  test.each([
    ['0', '0'],
    ['-0.00', '0.00'],
    ['93.25', '93.25'],
    ['+1.50', '1.50'],
    ['.5', '0.5'],
    ['5.', '5'],
    ['00012.3400', '12.3400'],
    ['129631238285.9973917626283778883', '129631238285.9973917626283778883'],
    ['32000000000000000000', '32000000000000000000'],
    ['1.932e-05', '0.00001932'],
    ['2.28349e+12', '2283490000000'],
    ['1E-8', '0.00000001'],
    ['-12345.6789', '-12345.6789'],
  ])('%s is %s', (text, decimal) => expect(numeric(text)).toBe(decimal))

  test.each(['', '-', '.', 'abc', '1,000', '1.2.3', '1e', '1e+', 'NaN', 'Infinity', '0x10', '1 ', '1e99999'])(
    '"%s" is none',
    (text) => expect(numeric(text)).toBeUndefined(),
  )

  test('any plain decimal keeps every digit', () => {
    const digits = (max: number) => fc.stringMatching(new RegExp(`^[0-9]{0,${max}}$`))
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 40n }), digits(40), (whole, fraction) => {
        const text = fraction === '' ? `${whole}` : `${whole}.${fraction}`
        expect(numeric(text)).toBe(text)
      }),
    )
  })
})

test.each([
  ['BTC/USDT', 'BTC', 'USDT'],
  ['BTCUSDT', 'BTC', 'USDT'],
  ['btc-usd', 'BTC', 'USD'],
  ['XBTUSD', 'BTC', 'USD'],
  ['XXBTZUSD', 'BTC', 'USD'],
  ['XDGUSD', 'DOGE', 'USD'],
  ['DAIUSD', 'DAI', 'USD'],
  ['DOTUSD', 'DOT', 'USD'],
  ['BNBUSD', 'BNB', 'USD'],
  ['BTCTUSD', 'BTC', 'TUSD'],
  ['ADABTC', 'ADA', 'BTC'],
  ['BCHEUR', 'BCH', 'EUR'],
  ['1INCHUSDT', '1INCH', 'USDT'],
])('%s is %s in %s', (text, base, quote) => expect(splitPair(text)).toEqual({ base, quote }))

test.each(['BTC', 'USDT', '', 'prices', 'BTC USD 1'])('"%s" is no pair', (text) =>
  expect(splitPair(text)).toBeUndefined(),
)

test.each([
  ['1m', '1m'],
  ['60', '1h'],
  ['1440', '1d'],
  ['d', '1d'],
  ['1H', '1h'],
  ['15min', '15m'],
  ['1M', '1M'],
  ['2023', undefined],
  ['usd', undefined],
])('timeframe %s is %s', (text, width) => expect(timeframe(text)).toBe(width))

test.each([
  ['/x/BTCUSDT-1h-2025-01.csv', undefined, 'BTC/USDT', '1h'],
  ['BTCUSD_1m_2013.csv.gz', undefined, 'BTC/USD', '1m'],
  ['XBTUSD_1440.csv', undefined, 'BTC/USD', '1d'],
  ['Binance_BTCUSDT_d.csv', 'binance', 'BTC/USDT', '1d'],
  ['COINBASE_WETHUSD_5.csv', 'coinbase', 'WETH/USD', '5m'],
  ['binanceus_BTCUSDC_1m_20230301_20230321.csv', 'binanceus', 'BTC/USDC', '1m'],
  ['kraken_btc_usd.csv', 'kraken', 'BTC/USD', undefined],
  ['prices.csv', undefined, undefined, undefined],
])('the name %s tells %s %s %s', (path, exchange, pair, width) => {
  const found = parseFileName(path)
  expect(found.exchange).toBe(exchange)
  expect(found.pair && `${found.pair.base}/${found.pair.quote}`).toBe(pair)
  expect(found.timeframe).toBe(width)
})
