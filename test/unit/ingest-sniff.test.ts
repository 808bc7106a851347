// What the first bytes of a file and its name tell.
import { describe, expect, test } from 'vitest'
import { parseFileName } from '../../src/ingest/plan/file-name.ts'
import { lines, refused, seenIn, series } from './ingest-plans.ts'

describe('the shape of a file', () => {
  test('banner lines, line ends, delimiters, words that begin with a digit', async () => {
    expect(await seenIn('# made by me\r\n# on a day\r\na,7d%,24h_volume_usd\r\n1,2,3\r\n')).toMatchObject({
      ...{ banner: 2, header: ['a', '7d%', '24h_volume_usd'], fields: 3, lineEnds: 'CRLF', delimiter: ',' },
    })
    expect(await seenIn('1;2,5;3\n2;2,5;3\n')).toMatchObject({
      banner: 0,
      header: undefined,
      fields: 3,
      delimiter: ';',
    })
    expect(await seenIn('\ufeffa\tb\n1\t2\r\n')).toMatchObject({ bom: 3, header: ['a', 'b'], lineEnds: 'mixed' })
    expect((await seenIn(lines('a,b', ...series('@,1', 1, 1000)))).rows).toHaveLength(400)
    expect(await seenIn('"$1,000.50",2024-03-01\n')).toMatchObject({ header: undefined, fields: 2 })
  })

  test.each<[string, string | Buffer, RegExp]>([
    [
      'rows rejected before',
      lines('line,byte_offset,column,code,reason,row', '2,30,open,x,y,"1,2"'),
      /earlier load rejected/,
    ],
    ['one column', lines('price', '1', '2'), /first line/],
    ['a zip', Buffer.from('PK\x03\x04....'), /zip archive$/],
    ['a page', '<html>', /web page/],
  ])('refused: %s', async (_, content, message) => {
    expect(await refused('x.csv', content)).toMatchObject({
      code: 'not-a-csv',
      message: expect.stringMatching(message),
    })
  })

  test('zips of LEAN have no dates in them', async () => {
    const error = await refused('20240301_trade.zip', Buffer.from('PK\x03\x04....'))
    expect(error.detail).toContain('midnight')
  })
})

test.each([
  ['bitfinex-1h-btc-usd.csv', 'bitfinex', 'BTC/USD', '1h'],
  ['yahoo_BTC-USD_ohlc_raw.csv', undefined, 'BTC/USD', undefined],
  ['btc-usd-max.csv', undefined, 'BTC/USD', undefined],
  ['BTCUSDT-trades-2024-01.csv', undefined, 'BTC/USDT', undefined],
  ['BTCUSDT_5_2024.csv', undefined, 'BTC/USDT', undefined],
  ['ETH-EUR_candles_15m.csv.zst', undefined, 'ETH/EUR', '15m'],
  ['binance_futures_BTCUSDT_1h.csv', 'binance-futures', 'BTC/USDT', '1h'],
  ['someone_btc_usd.csv', undefined, 'BTC/USD', undefined],
  ['prices_usd.csv', undefined, undefined, undefined],
])('the name %s tells %s %s %s', (path, exchange, pair, width) => {
  const found = parseFileName(path)
  expect([found.exchange, found.pair && `${found.pair.base}/${found.pair.quote}`, found.timeframe]).toEqual([
    exchange,
    pair,
    width,
  ])
})
