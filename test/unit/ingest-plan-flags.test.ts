// What a file does not tell and flags say: columns, times, widths, formats of the user's own.
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { PlanFlags } from '../../src/ingest/plan/plan.ts'
import { lines, planOf, refused, START, series, shown } from './ingest-plans.ts'

const OHLCV = 'time,open,high,low,close,volume'
const WHOSE = { exchange: 'alpha', symbol: 'BTC/EUR' }
const ALPHA = { ...WHOSE, timeframe: '1m' }

describe('what a file does not tell is asked for', () => {
  const bars = (row: string, step: number, count?: number) => lines(OHLCV, ...series(row, step, count))
  const cases: readonly (readonly [string, string, string, PlanFlags, object])[] = [
    [
      'order of six columns',
      'x.csv',
      lines(...series('@000,9,11,12,8,3', 60)),
      {},
      {
        code: 'format-needed',
        hint: expect.stringMatching(/^--format bitfinex fits/),
        detail: expect.stringMatching(/columns-ohlcv\) 100 % .* bitfinex\) 0 %/),
      },
    ],
    [
      'the time',
      'page.csv',
      lines('name,price,url,24h_%,7d%,market_cap', 'BTC,$9,https://example.org/currencies/bitcoin/,1%,1%,$1'),
      {},
      { code: 'timestamp-needed', hint: expect.stringContaining('--timestamp') },
    ],
    [
      'the metric',
      'x.csv',
      lines('as_of,value', '2024-03-01,1'),
      {},
      { code: 'metric-needed', hint: expect.stringContaining('btc_dominance') },
    ],
    [
      'whether a chart is of prices',
      'x.csv',
      lines('Date(UTC),UnixTimeStamp,Value', `3/1/24,${START},1`),
      {},
      { code: 'metric-needed', detail: expect.stringContaining('counts') },
    ],
    [
      'the bars that trades become',
      'BCHEUR.csv',
      lines(...series('@,9,1', 5)),
      { exchange: 'k' },
      { code: 'timeframe-needed', detail: expect.stringContaining('candles') },
    ],
    ['whose trades', 'BCHEUR.csv', lines(...series('@,9,1', 5)), { timeframe: '1m' }, { code: 'exchange-needed' }],
    [
      'klines of nobody',
      'ADAUSDT-1m.csv',
      lines(...series('@000,9,12,8,11,3,1,30,7,1,10,0', 60)),
      {},
      { code: 'exchange-needed', hint: '--exchange binance' },
    ],
    [
      'a name that contradicts the format',
      'bitstamp_XBTUSD_60.csv',
      lines(...series('@,9,12,8,11,3,4', 3600)),
      {},
      { code: 'exchange-needed', hint: '--exchange bitstamp' },
    ],
    ['seven other columns', 'x.csv', lines(...series('@,9,12,8,11,3.5,4.5', 60)), ALPHA, { code: 'unknown-format' }],
    [
      'account export',
      'x.csv',
      lines(
        'Transaction Hash,Status,Method,Blockno,DateTime (UTC),From,To,Amount,Value (USD),Txn Fee',
        '0xabcdef1234,Success,Approve,1,2024-03-01 00:00:00,0x1,0x2,0 ETH,$0.00,0.1',
      ),
      {},
      { code: 'not-yet', message: expect.stringContaining('account export') },
    ],
    [
      'token transfers, a field short in the header',
      'x.csv',
      lines(
        'Transaction Hash,Status,Method,BlockNo,From,To,Amount',
        '0xabcdef1234,Success,x,1,0x1,0x2,1,""',
        '0xabcdef1235,Success,x,1,0x1,0x2,1,""',
      ),
      {},
      { code: 'not-yet', message: expect.stringContaining('token transfers') },
    ],
    [
      'ethereum-etl',
      'x.csv',
      lines(
        'hash,nonce,block_number,from_address,to_address,value,gas,gas_price,input',
        '0xabcdef1234,1,2,0x1,0x2,3,4,5,0x',
      ),
      {},
      { code: 'not-yet', message: expect.stringContaining('transactions of ethereum-etl') },
    ],
    [
      'receipts',
      'x.csv',
      lines('transaction_hash,block_number,cumulative_gas_used,gas_used,status', '0xabcdef1234,1,2,3,1'),
      {},
      { code: 'not-yet', message: expect.stringContaining('receipts') },
    ],
    ['a table to come', 'x.csv', lines('hash,value', '0xabcdef1234,1'), { table: 'transactions' }, { code: 'not-yet' }],
    [
      'metadata',
      'x.csv',
      lines('pair,interval,start_utc,end_utc,exchange', 'BTCUSDT,1m,2024-03-01T00:00:00Z,2024-03-02T00:00:00Z,alpha'),
      {},
      { code: 'unknown-format' },
    ],
    [
      'bars closer than wide',
      'x.csv',
      bars('@,9,12,8,11,3', 60),
      { ...WHOSE, timeframe: '1h' },
      {
        code: 'timeframe-conflict',
        exit: 2,
        hint: '--timeframe 1m',
        message: expect.stringMatching(/1m apart.*--timeframe says.*1h/),
      },
    ],
    [
      'a name that lies about the width',
      'btc-usd_1d.csv',
      bars('@,9,12,8,11,3', 3600),
      { exchange: 'a' },
      { code: 'timeframe-conflict', message: expect.stringContaining("the file's name says") },
    ],
    [
      'a width of a few rows',
      'x.csv',
      bars('@,9,12,8,11,3', 60, 5),
      WHOSE,
      { code: 'timeframe-needed', hint: '--timeframe 1m' },
    ],
    [
      'month or day',
      'x.csv',
      lines(OHLCV, '3/4/2024,9,12,8,11,3'),
      ALPHA,
      { code: 'time-format-needed', hint: "--time-format '%m/%d/%Y'" },
    ],
    [
      'a time in no form',
      'x.csv',
      lines(OHLCV, 'yesterday,9,12,8,11,3'),
      ALPHA,
      { code: 'time-format-needed', message: expect.stringContaining('"yesterday"') },
    ],
    ['a zone', 'x.csv', bars('@,9,12,8,11,3', 60), { ...ALPHA, tz: 'Nowhere/Land' }, { code: 'usage' }],
    [
      'a time for rows that have one',
      'x.csv',
      bars('@,9,12,8,11,3', 60),
      { ...ALPHA, timestamp: '2024-03-01' },
      { code: 'usage' },
    ],
    [
      'months that close',
      'x.csv',
      bars('@,9,12,8,11,3', 2_678_400),
      { ...WHOSE, timeframe: '1M', stamp: 'close' },
      { code: 'usage', message: expect.stringContaining('1M') },
    ],
    [
      'which candle is newer',
      'x.csv',
      bars('@,9,12,8,11,3', 60),
      { ...ALPHA, onConflict: 'newest' },
      { code: 'observed-needed', hint: "--map 'COLUMN=observed_at'" },
    ],
    [
      'a format nobody knows',
      'x.csv',
      bars('@,9,12,8,11,3', 60),
      { ...ALPHA, format: 'bitfinx' },
      { code: 'usage', hint: expect.stringContaining('did you mean bitfinex') },
    ],
    [
      'a metric nobody knows',
      'x.csv',
      lines('as_of,value', '2024-03-01,1'),
      { metric: 'btc_dominence' },
      { hint: expect.stringContaining('did you mean btc_dominance') },
    ],
  ]
  test.each(cases)('%s', async (_, name, text, flags, expected) => {
    expect(await refused(name, text, flags)).toMatchObject({ exit: 2, ...expected })
  })
})

describe('--map and --ignore', () => {
  const text = lines('fecha,apertura,max,min,cierre,volumen,nota', ...series('@,9,12,8,11,3,x', 60))
  const map = 'Fecha=timestamp,apertura=open_price,max=high,#4=low,cierre=close,volumen=volume'

  test('a file of no known format', async () => {
    const plan = await planOf('x.csv', text, { ...WHOSE, map })
    expect(shown(plan)).toMatchObject({
      format: 'ohlcv',
      columns: expect.arrayContaining(['open=1 apertura', 'low=3 min']),
    })
    expect(plan.ignored).toEqual(['nota'])
    expect((await planOf('x.csv', text, { ...WHOSE, map, ignore: 'Nota' })).ignored).toEqual([])
    expect(plan.notes).toEqual(['timeframe 1m: 100 % of the first rows are so far apart'])
  })

  test('a file without a header, and the table that what is mapped is of', async () => {
    const rows = lines(...series('bitcoin,@,9', 60))
    const plan = await planOf('x.csv', rows, { exchange: 'a', quote: 'USD', map: '#1=coin_id,#2=timestamp,#3=price' })
    expect(shown(plan)).toMatchObject({
      table: 'prices',
      columns: ['timestamp=1 timestamp (#2)', 'price=2 price (#3)'],
      parts: ['coin_id=0'],
    })
    const trades = lines(...series('@,9,1', 5))
    const flags = { ...WHOSE, table: 'prices', map: '#1=timestamp,#2=price' }
    expect(await planOf('x.csv', trades, flags)).toMatchObject({ format: 'prices', trades: undefined, ignored: ['#3'] })
  })

  test('overrides what the format says, and settles a name that occurs twice', async () => {
    const twice = lines('time,open,high,low,close,volume,volume', ...series('@,9,12,8,11,3,33', 60))
    expect(await refused('x.csv', twice, ALPHA)).toMatchObject({ code: 'ambiguous-column' })
    const plan = await planOf('x.csv', twice, { ...ALPHA, map: '#7=volume,#6=quote_volume' })
    expect(shown(plan).columns).toEqual(expect.arrayContaining(['volume=6 volume', 'quote_volume=5 volume']))
    expect(shown(await planOf('x.csv', twice, { ...ALPHA, ignore: '#7' })).columns).toContain('volume=5 volume')
  })

  test.each<[string, PlanFlags, object]>([
    [
      'a column of the file',
      { map: 'aperturra=open' },
      { message: 'no column "aperturra" in the file', hint: 'did you mean apertura' },
    ],
    [
      'a column of the table',
      { map: 'max=hihg' },
      { message: 'no column "hihg" to map to', hint: 'did you mean high' },
    ],
    ['a place', { map: '#9=high' }, { hint: '#1 up to #7' }],
    ['a sign', { map: 'max' }, { code: 'usage' }],
    ['twice', { map: 'max=high,min=high' }, { message: '--map gives high twice' }],
    ['ignored', { map, ignore: 'nota,notas' }, { message: 'no column "notas" in the file', hint: 'did you mean nota' }],
    ['too little', { map: 'max=high' }, { code: 'unknown-format', detail: expect.stringContaining('--map') }],
  ])('wrong: %s', async (_, flags, expected) => {
    expect(await refused('x.csv', text, { ...ALPHA, ...flags })).toMatchObject({ exit: 2, ...expected })
  })

  test('whose rows they are', async () => {
    const other = lines('asset,market,time,price', 'BTC,spot,2024-03-01,9')
    const plan = await planOf('x.csv', other, { exchange: 'a', quote: 'EUR', map: 'asset=symbol' })
    expect(shown(plan)).toMatchObject({ parts: ['symbol=0'], fixed: { exchange_id: 'a', quote: 'EUR' } })
    expect(plan.ignored).toEqual(['market'])
  })

  test('--timestamp makes no vendor of a file', async () => {
    const flags = { exchange: 'a', quote: 'EUR', timestamp: '2024-03-01' }
    const plan = await planOf('x.csv', lines('symbol,price,market_cap,total_volume', 'BTC,9,5,5'), flags)
    expect(plan.format).toBe('prices')
    expect(plan.views[0]!.columns[0]).toMatchObject({ field: -1, constant: '2024-03-01T00:00:00Z' })
  })

  test('newest needs observed_at, which can be mapped', async () => {
    const seen = lines(`${OHLCV},at`, ...series('@,9,12,8,11,3,@', 60))
    const plan = await planOf('x.csv', seen, { ...ALPHA, onConflict: 'newest', map: 'at=observed_at' })
    expect(plan.onConflict).toBe('newest')
    expect(shown(plan).columns).toContain('observed_at=6 at')
  })
})

describe('times and widths', () => {
  const bars = (step: number) => lines(OHLCV, ...series('@,9,12,8,11,3', step))

  test('dates with slashes, when a day above 12 tells', async () => {
    const text = (...dates: string[]) => lines(OHLCV, ...dates.map((date) => `${date},9,12,8,11,3`))
    const patterns = async (flags: PlanFlags, ...dates: string[]) =>
      (await planOf('x.csv', text(...dates), { ...WHOSE, timeframe: '1d', ...flags })).times.patterns
    expect(await patterns({}, '2024-03-01')).toEqual([])
    expect(await patterns({}, '3/4/2024', '3/13/2024')).toEqual(['%m/%d/%Y', '%m/%d/%y'])
    expect(await patterns({}, '4/3/24', '13/3/24')).toEqual(['%d/%m/%Y', '%d/%m/%y'])
    expect(await patterns({ timeFormat: '%d/%m/%Y' }, '3/4/2024')).toEqual(['%d/%m/%Y'])
    expect(await refused('x.csv', text('1/13/2024', '13/1/2024'), ALPHA)).toMatchObject({ code: 'time-format-needed' })
  })

  test('a flag, a column, the name, the rows', async () => {
    const width = async (name: string, text: string, flags: PlanFlags) => {
      const { views, step } = await planOf(name, text, flags)
      return [views[0]!.identity.fixed.timeframe, step]
    }
    expect(await width('x_1h.csv', bars(3600), { ...WHOSE, timeframe: '60' })).toEqual(['1h', 3600])
    expect(await width('btc-eur_1h.csv', bars(3600), WHOSE)).toEqual(['1h', 3600])
    expect(await width('x.csv', bars(3600), WHOSE)).toEqual(['1h', 3600])
    expect(await width('x.csv', lines(`${OHLCV},interval`, ...series('@,9,12,8,11,3,5m', 300)), WHOSE)).toEqual([
      undefined,
      undefined,
    ])
    const turns = lines(
      `symbol,${OHLCV}`,
      ...series('BTC/EUR,@,9,12,8,11,3', 60).flatMap((row) => [row, row.replace('BTC', 'ETH')]),
    )
    expect(await width('x.csv', turns, { exchange: 'a' })).toEqual(['1m', 60])
  })

  test('sparse bars are noted, bars stamped at their close are moved, the zone is kept', async () => {
    const sparse = await planOf('x.csv', bars(300), {
      ...ALPHA,
      stamp: 'close',
      tz: 'America/New_York',
      timeFormat: 's',
    })
    expect(sparse.notes).toEqual(['timeframe 1m: most of the first rows (100 %) are 5m apart'])
    expect(sparse.times).toEqual({ zone: 'America/New_York', patterns: [], unit: 's', shiftUs: -60_000_000 })
  })

  test('the hash is of how the rows come out', async () => {
    const hash = async (flags: PlanFlags, text = bars(60)) =>
      (await planOf('x.csv', text, flags)).mappingHash.toString('hex')
    const plain = await hash(ALPHA)
    expect(await hash({ ...ALPHA, onConflict: 'skip', source: 'me', ignore: 'volume' })).not.toBe(plain)
    expect(await hash({ ...ALPHA, onConflict: 'skip', source: 'me' })).toBe(plain)
    const others = [
      { stamp: 'close' },
      { tz: 'Asia/Tokyo' },
      { onConflict: 'update' },
      { symbol: 'ETH/EUR' },
      { map: 'volume=quote_volume' },
    ] as const
    const hashes = await Promise.all(others.map((flags) => hash({ ...ALPHA, ...flags })))
    expect(new Set([plain, ...hashes]).size).toBe(others.length + 1)
  })
})

describe('--format-file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'arxdb-formats-'))
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const format = {
    name: 'mine',
    title: 'mine',
    table: 'ohlcv',
    needs: ['timestamp', 'open'],
    columns: { timestamp: ['wann'], open: ['auf'], high: ['hoch'], low: ['tief'], close: ['zu'] },
    exchange: 'mine',
    quote: 'EUR',
  }
  const text = lines('wann,auf,hoch,tief,zu', ...series('@,9,12,8,11', 60))

  test.each([
    ['one.json', JSON.stringify(format)],
    ['several.json', JSON.stringify([format])],
    ['default.mjs', `export default ${JSON.stringify(format)}`],
    ['named.mjs', `export const formats = [${JSON.stringify(format)}]`],
  ])('%s', async (name, content) => {
    const plan = await planOf('x.csv', text, { formatFile: write(name, content), symbol: 'BTC' })
    expect(shown(plan)).toMatchObject({ format: 'mine', fixed: { exchange_id: 'mine', symbol: 'BTC', quote: 'EUR' } })
  })

  test('all that is wrong is said at once', async () => {
    const wrong = { ...format, name: 'My Format', table: 'candles', colums: {}, needs: ['when'], columns: { close: 7 } }
    const error = await refused('x.csv', text, { formatFile: write('wrong.json', JSON.stringify([wrong])) })
    expect(error).toMatchObject({ code: 'usage', exit: 2 })
    for (const part of ['name is not', 'table is not one of', '"colums" is unknown', 'positions', 'needs "when"'])
      expect(error.message).toContain(part)
    expect(await refused('x.csv', text, { formatFile: write('broken.json', '{') })).toMatchObject({ code: 'usage' })
  })
})
