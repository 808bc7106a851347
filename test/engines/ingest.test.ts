import { execFileSync } from 'node:child_process'
import { appendFileSync, createWriteStream, rmSync } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { gzipSync } from 'node:zlib'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { planFiles } from '../../src/ingest/service.ts'
import { describeTiers } from '../servers/databases.ts'
import { type Bench, bench, bitfinexRows, klineRows, lines, MINUTE, START } from './ingest-files.ts'

const BITFINEX = { format: 'bitfinex', symbol: 'BTC/USD', timeframe: '1m' }
const CANDLES =
  'coin_id,symbol,exchange_id,timestamp,open_price,high_price,low_price,close_price,volume,timeframe,source,attribution'
const PRICES =
  'coin_id,symbol,exchange_id,usd_price,btc_price,eth_price,market_cap,volume_24h,change_24h,change_7d,last_updated,source,attribution'

describeTiers('ingest', (tier) => {
  let b: Bench
  beforeAll(async () => {
    b = await bench(tier)
  })
  afterAll(() => b.close())

  const marketOf = (exchange: string) =>
    b.rows<{ n: number; first: string; last: string; total: string }>(
      `select count(*)::int n, min(timestamp)::text as first, max(timestamp)::text as last, sum(close)::text total
         from arxdb.candles join arxdb.markets using (market_id) where exchange_id = $1`,
      [exchange],
    )

  test('canonical prices need no flag, and keep every digit', async () => {
    const file = b.file(
      'prices.csv',
      lines([
        PRICES,
        'bitcoin,BTC,alpha,42000.5,1,,"820000000000",1e10,1.5,-2,2024-01-01T00:00:00Z,me,"Me, ""quoted"""',
        'pepe,PEPE,alpha,0.000000012345678901234567,,,,,,,2024-01-01 02:00:01.5+02:00,me,"Me, ""quoted"""',
        'bitcoin,BTC,beta,42001.50,1,,820000000000,1e10,1.5,-2,1704067200123,me,"Me, ""quoted"""',
      ]),
    )
    const [report] = await b.load(file)
    expect(report).toMatchObject({
      table: 'prices',
      format: 'canonical-prices',
      rows_read: 3,
      inserted: 3,
      duplicates: 0,
    })
    expect(report!.markets).toEqual(['BTC/USD@alpha', 'PEPE/USD@alpha', 'BTC/USD@beta'])
    expect(
      await b.rows(`select coin_id, exchange_id, usd_price, volume_24h, last_updated::text, source, attribution
      from crypto_prices where exchange_id in ('alpha', 'beta') order by exchange_id, coin_id`),
    ).toEqual([
      {
        coin_id: 'bitcoin',
        exchange_id: 'alpha',
        usd_price: '42000.5',
        volume_24h: '10000000000',
        last_updated: '2024-01-01 00:00:00+00',
        source: 'me',
        attribution: 'Me, "quoted"',
      },
      {
        coin_id: 'pepe',
        exchange_id: 'alpha',
        usd_price: '0.000000012345678901234567',
        volume_24h: null,
        last_updated: '2024-01-01 00:00:01.5+00',
        source: 'me',
        attribution: 'Me, "quoted"',
      },
      {
        coin_id: 'bitcoin',
        exchange_id: 'beta',
        usd_price: '42001.50',
        volume_24h: '10000000000',
        last_updated: '2024-01-01 00:00:00.123+00',
        source: 'me',
        attribution: 'Me, "quoted"',
      },
    ])
  })

  test('canonical candles of many markets, rows in turns; another attribution is refused', async () => {
    const rows = Array.from({ length: 300 }, (_, i) => {
      const at = new Date(START + Math.floor(i / 3) * MINUTE).toISOString()
      const coin = [
        ['bitcoin', 'BTC'],
        ['ethereum', 'ETH'],
        ['', 'ZZZ'],
      ][i % 3]!
      return `${coin.join(',')},gamma,${at},10,12,9,11,5,1m,me,thanks`
    })
    const [report] = await b.load(b.file('candles.csv', lines([CANDLES, ...rows])))
    expect(report).toMatchObject({ rows_read: 300, inserted: 300, format: 'canonical-ohlcv' })
    expect(
      await b.rows(
        `select coin_id, count(*)::int n from crypto_ohlcv where exchange_id = 'gamma' group by 1 order by 1`,
      ),
    ).toEqual([
      { coin_id: 'bitcoin', n: 100 },
      { coin_id: 'ethereum', n: 100 },
      { coin_id: 'zzz', n: 100 },
    ])
    const mixed = b.file(
      'mixed.csv',
      lines([CANDLES, rows[0]!.replace('gamma', 'delta'), rows[1]!.replace('thanks', 'no thanks')]),
    )
    const error = await b.refused(mixed, { atomic: true })
    expect(error.message).toMatch(/line 3: column attribution: "no thanks" differs/)
    expect((await b.load(mixed, { attribution: 'all' }))[0]).toMatchObject({ inserted: 1, unchanged: 1 })
  })

  test('analytics: blanks are null, each row has a metric', async () => {
    const header = 'timestamp,exchange_id,total_market_cap,total_volume,btc_dominance,active_cryptocurrencies'
    const [report] = await b.load(
      b.file('a.csv', lines([header, '2024-01-01,global,1.5e12,,51.25,9000', '2024-01-02,global,,,52,'])),
    )
    expect(report).toMatchObject({ table: 'analytics', inserted: 2 })
    expect(
      await b.rows(
        'select total_market_cap, btc_dominance, active_cryptocurrencies from arxdb.analytics order by timestamp',
      ),
    ).toEqual([
      { total_market_cap: '1500000000000', btc_dominance: '51.25', active_cryptocurrencies: 9000 },
      { total_market_cap: null, btc_dominance: '52', active_cryptocurrencies: null },
    ])
  })

  test('spot klines: milliseconds and microseconds meet without a hole; a second run adds 0', async () => {
    const old = b.file('BTCUSDT-1h-2024-12.csv', lines(klineRows(24, Date.UTC(2024, 11, 31), 'ms')))
    const next = b.file('BTCUSDT-1h-2025-01.csv', lines(klineRows(24, Date.UTC(2025, 0, 1), 'us')))
    const both = await b.load([old, next], { exchange: 'binance' })
    expect(both.map((r) => r.inserted)).toEqual([24, 24])
    expect(await marketOf('binance')).toMatchObject([
      { n: 48, first: '2024-12-31 00:00:00+00', last: '2025-01-01 23:00:00+00' },
    ])
    const again = await b.load([old, next], { exchange: 'binance' })
    expect(again.map((r) => [r.inserted, r.unchanged, r.already_loaded])).toEqual([
      [0, 24, true],
      [0, 24, true],
    ])
    const mixed = b.file(
      'ETHUSDT-1h.csv',
      lines([...klineRows(3, START, 'ms'), ...klineRows(3, START + 3 * 3_600_000, 'us')]),
    )
    expect((await b.load(mixed, { exchange: 'mixed' }))[0]).toMatchObject({
      inserted: 6,
      last_at: '2024-01-01T05:00:00Z',
    })
  })

  test('futures klines are another exchange; the same candles in another layout add 0', async () => {
    const header =
      'open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore'
    const rows = klineRows(10, START, 'ms', MINUTE)
    const [first] = await b.load(b.file('ADAUSDT-1m-2024-01.csv', lines([header, ...rows])))
    expect(first).toMatchObject({ inserted: 10, markets: ['ADA/USDT@binance-futures 1m'] })
    const other = [
      'symbol;Low;High;Open;Close;time',
      ...rows.map((row) => {
        const [at, open, high, low, close] = row.split(',')
        return `ADA/USDT;${low};${high};${open};${close};${new Date(Number(at)).toISOString().replace('T', ' ').slice(0, 19)}`
      }),
    ]
    const [second] = await b.load(b.file('x.csv', `\uFEFF${lines(other, '\r\n').trimEnd()}`), {
      exchange: 'binance-futures',
      timeframe: '1m',
    })
    expect(second).toMatchObject({ rows_read: 10, inserted: 0, unchanged: 10, already_loaded: false })
    expect(second!.notes).toContain('it has no base volume')
  })

  test('bitfinex by name only: CRLF, gzip of several members, any split, as a pipe', async () => {
    const rows = bitfinexRows(5000)
    const text = lines(rows, '\r\n')
    const file = b.file('BTCUSD_1m_2024.csv', text)
    expect(await b.refused(file)).toMatchObject({ code: 'format-needed', exit: 2 })
    const [report] = await b.load(file, { format: 'bitfinex' })
    expect(report).toMatchObject({ inserted: 5000, first_at: '2024-01-01T00:00:00Z', bytes: text.length })
    const cut = 12_345
    const members = Buffer.concat([gzipSync(text.slice(0, cut)), gzipSync(text.slice(cut))])
    expect((await b.load(b.file('BTCUSD_1m.csv.gz', members), { format: 'bitfinex' }))[0]).toMatchObject({
      already_loaded: true,
      inserted: 0,
      rows_read: 5000,
    })
    const piped = await b.load('-', { ...BITFINEX, exchange: 'piped', stdin: Readable.from([members]) })
    expect(piped[0]).toMatchObject({ inserted: 5000, file: '-' })
    expect((await marketOf('piped'))[0]).toEqual((await marketOf('bitfinex'))[0])
  })

  test('a named pipe, as the shell makes of <(zcat a.gz), is read whole although it can be read but once', async () => {
    const [pipe, beside] = [b.file('pipe.csv', ''), b.file('beside.csv', lines(bitfinexRows(10)))]
    rmSync(pipe)
    execFileSync('sh', ['-c', 'mkfifo "$1"', 'sh', pipe])
    const written = pipeline(Readable.from([lines(bitfinexRows(5000))]), createWriteStream(pipe))
    const reports = await b.load([beside, pipe], { ...BITFINEX, exchange: 'fifo' })
    await written
    expect(reports.map((r) => [r.file, r.rows_read, r.inserted])).toEqual([
      [beside, 10, 10],
      [pipe, 5000, 4990],
    ])
  })

  test('duplicates: the first line wins, within a file and over files, whatever --jobs is', async () => {
    const rows = bitfinexRows(60_000)
    const twice = [...rows, ...rows.slice(0, 20_000).map((row) => row.replace(/,[^,]*$/, ',999'))]
    for (const jobs of [1, 4]) {
      const flags = { ...BITFINEX, exchange: `dup${jobs}`, jobs }
      const [report] = await b.load(b.file(`dup${jobs}.csv`, lines(twice)), flags)
      expect(report).toMatchObject({ rows_read: 80_000, inserted: 60_000, duplicates: 20_000 })
      const [next] = await b.load(b.file('overlap.csv', lines(bitfinexRows(1000, START + 59_500 * MINUTE))), flags)
      expect(next).toMatchObject({ inserted: 500, skipped: 500 })
      expect(
        await b.rows('select count(*)::int n from crypto_ohlcv where exchange_id = $1 and volume = 999', [
          `dup${jobs}`,
        ]),
      ).toEqual([{ n: 0 }])
    }
  })

  describe('a bad row names line, column and reason, and leaves nothing', () => {
    const good = bitfinexRows(40_000)
    const with_ = (at: number, row: string): string => lines([...good.slice(0, at - 1), row, ...good.slice(at)])
    const at = (line: number): number => START + (line - 1) * MINUTE
    test.each([
      ['text for a number', 17, `${at(17)},1,abc,1,1,1`, 'column close (#3): "abc" is not a number'],
      ['a blank price', 17, `${at(17)},1,,1,1,1`, 'column close (#3): it is empty'],
      [
        'high below close, found by the server',
        17,
        `${at(17)},1,93,92,1,1`,
        'column high (#4): high 92 is below close 93',
      ],
      ['low above open, late in the file', 39_990, `${at(39_990)},1,5,5,2,1`, 'column low (#5): low 2 is above open 1'],
      ['a negative volume', 35_000, `${at(35_000)},1,1,1,1,-1`, 'column volume (#6): volume -1 is negative'],
      ['a price of zero', 3, `${at(3)},0,0,0,0,1`, 'column open (#2): open 0 is not above zero'],
      ['a lossy epoch', 39_000, '1.7e12,1,1,1,1,1', 'column timestamp (#1): "1.7e12" is not an exact time'],
      ['a time of day', 39_000, '60000,1,1,1,1,1', 'column timestamp (#1): "60000" is not a plausible time'],
      [
        'a time to come',
        2,
        '4102444800000,1,1,1,1,1',
        'column timestamp (#1): "4102444800000" is not a plausible time',
      ],
      ['a field too many', 39_999, `${at(39_999)},1,1,1,1,1,1`, 'it has 7 fields, the first row 6'],
      ['a quote left open', 39_999, `"${at(39_999)},1,1,1,1,1`, 'a quoted field does not end as it should'],
    ])('%s', async (_, line, row, message) => {
      const file = b.file('bad.csv', with_(line, row))
      const error = await b.refused(file, { ...BITFINEX, exchange: 'bad', atomic: true })
      expect(error.message.startsWith(`${file} line ${line}: ${message}`)).toBe(true)
      expect(error).toMatchObject({ code: 'bad-row', exit: 1 })
      expect((await marketOf('bad'))[0]!.n).toBe(0)
      const [ledger] = await b.rows<{ state: string; inserted: string; batches: number }>(
        `select state, inserted, (select count(*)::int from arxdb.import_batches b where b.import_id = i.import_id) batches
           from arxdb.imports i order by import_id desc limit 1`,
      )
      expect(ledger).toEqual({ state: 'failed', inserted: '0', batches: 0 })
    })

    test("lines are the file's own: quoted line ends, blank lines and the header count", async () => {
      const text = `${CANDLES}\nbitcoin,BTC,bad,2024-01-01,1,1,1,1,1,1d,me,"two\nlines"\n\nbitcoin,BTC,bad,2024-01-02,1,1,1,2,1,1d,me,"two\nlines"\n`
      const error = await b.refused(b.file('lines.csv', text), { atomic: true })
      expect(error.message).toMatch(/lines\.csv line 5: column high_price: high 1 is below close 2$/)
    })

    test('rows of others in the same span stay, and corrected it loads', async () => {
      await b.load(b.file('ok.csv', lines(good.slice(0, 100))), { ...BITFINEX, exchange: 'bad' })
      await b.refused(b.file('bad.csv', with_(39_990, 'x,1,1,1,1,1')), { ...BITFINEX, exchange: 'bad', atomic: true })
      expect((await marketOf('bad'))[0]!.n).toBe(100)
      expect((await b.load(b.file('bad.csv', lines(good)), { ...BITFINEX, exchange: 'bad' }))[0]).toMatchObject({
        inserted: 39_900,
      })
    })

    test('files loaded before it in the same command stay, and are named', async () => {
      const first = b.file('first.csv', lines(bitfinexRows(10)))
      const error = await b.refused([first, b.file('bad.csv', with_(5, 'x,1,1,1,1,1'))], {
        ...BITFINEX,
        exchange: 'two',
        atomic: true,
      })
      expect(error.detail).toContain(`already in, and kept: ${first} (10 rows)`)
      expect((await marketOf('two'))[0]!.n).toBe(10)
    })
  })

  test('a row of the file breaks in the same place for a symbol that several coins carry', async () => {
    await b.client.query(`insert into arxdb.coins (coin_id, symbol) values ('twin-a', 'TWIN'), ('twin-b', 'TWIN')`)
    const file = b.file(
      'twins.csv',
      lines(['symbol,exchange_id,usd_price,last_updated', 'BTC,omega,1,2024-01-01', 'TWIN,omega,1,2024-01-01']),
    )
    const error = await b.refused(file, { atomic: true })
    expect(error.message).toMatch(/twins\.csv line 3: symbol "TWIN" belongs to several coins: twin-a, twin-b/)
    expect(await b.rows(`select 1 from crypto_prices where exchange_id = 'omega'`)).toEqual([])
  })

  test('what a file does not tell is asked for; what is no table is refused', async () => {
    const header = 'time,open,high,low,close,volume'
    const row = '2024-01-01,1,1,1,1,1'
    const nameless = b.file('data.csv', lines([header, row]))
    expect(await b.refused(nameless)).toMatchObject({ exit: 2, hint: '--exchange binance' })
    expect(await b.refused(nameless, { exchange: 'x' })).toMatchObject({ exit: 2, hint: '--symbol BTC/USDT' })
    expect(await b.refused(nameless, { exchange: 'x', symbol: 'BTC' })).toMatchObject({ exit: 2, hint: '--quote USDT' })
    expect(await b.refused(nameless, { exchange: 'x', symbol: 'BTC', quote: 'EUR' })).toMatchObject({
      exit: 2,
      hint: '--timeframe 1h',
    })
    expect(
      (await b.load(nameless, { exchange: 'x', symbol: 'BTC', quote: 'EUR', timeframe: '1d' }))[0]!.markets,
    ).toEqual(['BTC/EUR@x 1d'])
    for (const [content, why] of [
      [Buffer.from([0, 5, 0x16, 7, 1, 2]), /AppleDouble/],
      [Buffer.from('PK\x03\x04....'), /zip/],
      [Buffer.from('version https://git-lfs.github.com/spec/v1\noid x\n'), /LFS/],
      [Buffer.from('<!DOCTYPE html><html>'), /web page/],
      [Buffer.from(''), /empty/],
      [Buffer.from('pair,interval,exchange\nBTCUSDT,1m,Binance\n'), /no format known/],
    ] as const)
      expect((await b.refused(b.file('junk.csv', content))).message).toMatch(why)
  })

  describe('mangled files', () => {
    const HEAD = 'coin_id,exchange_id,last_updated,usd_price,btc_price,volume_24h,change_24h'
    const row = (price: string, rest = ',,') => `mangled,mangled,1735689600,${price},${rest}`
    const count = async () =>
      (await b.rows<{ n: number }>("select count(*)::int n from crypto_prices where coin_id = 'mangled'"))[0]!.n

    test.each([
      ['a price too large', row('1e31'), 'column usd_price: price 1000', 'is too large to be a price'],
      ['a price of nothing', row('0'), 'column usd_price', 'price 0 is not above zero'],
      ['an optional price of zero', row('1', '0,1,-5'), 'column btc_price', 'btc_price 0 is not above zero'],
      ['a fall is no mistake, a volume below zero is', row('1', ',-1,-5'), 'column volume_24h', '-1 is negative'],
      ['a volume too large', row('1', ',1e41,-5'), 'column volume_24h', 'is too large'],
      ['bytes that are no UTF-8', Buffer.from('caf\xe9,mangled,1735689600,1,,,', 'latin1'), 'coin_id', 'not UTF-8'],
    ])('%s', async (name, text, column, reason) => {
      const file = b.file(`${name}.csv`, Buffer.concat([Buffer.from(`${HEAD}\n`), Buffer.from(text)]))
      const error = await b.refused(file)
      expect(error).toMatchObject({ code: 'bad-row', message: expect.stringContaining('line 2: column ') })
      expect(error.message).toContain(column)
      expect(error.message).toContain(reason)
      expect(error.message.length).toBeLessThan(300)
      expect(await count()).toBe(0)
    })

    test('blanks around values and lines of blanks do not count', async () => {
      const text = lines([HEAD.replaceAll(',', ', '), 'spaced, spaced , 1735689600 , 1.50, , 7 ,', '  \t ', ''])
      const [report] = await b.load(b.file('spaced.csv', text))
      expect(report).toMatchObject({ rows_read: 1, inserted: 1 })
      expect(
        await b.rows("select usd_price, volume_24h, btc_price from crypto_prices where coin_id = 'spaced'"),
      ).toEqual([{ usd_price: '1.50', volume_24h: '7', btc_price: null }])
    })

    test('columns that say whose rows they are may be missing, and are asked for', async () => {
      const file = b.file('whose.csv', lines(['last_updated,usd_price', '1735689600,3']))
      expect(await b.refused(file)).toMatchObject({ code: 'exchange-needed', exit: 2 })
      expect(await b.refused(file, { exchange: 'mangled' })).toMatchObject({ code: 'symbol-needed', exit: 2 })
      const [report] = await b.load(file, { exchange: 'whose', symbol: 'BTC' })
      expect(report).toMatchObject({ format: 'canonical-prices', inserted: 1, markets: ['BTC/USD@whose'] })
    })

    test('the width to give is suggested from the rows, not from habit', async () => {
      const bars = [0, 60, 120, 240].map((at) => `${1735689600 + at},1,2,1,2,5`)
      const file = b.file('kraken_btc_usd.csv', lines(['time,open,high,low,close,volume', ...bars]))
      expect(await b.refused(file)).toMatchObject({ code: 'timeframe-needed', hint: '--timeframe 1m' })
    })

    test.each([
      ['two columns of one name', `${HEAD},usd_price\n${row('1')},2\n`, 'ambiguous-column', 'usd_price'],
      ['lines that end with CR', `${HEAD}\r${row('1')}\r`, 'not-a-csv', 'CR alone'],
      ['a quote that never closes', `${HEAD}\n${row('1')}\n${row('"1')}\n`, 'bad-row', 'line 3'],
      ['no table', '404: Not Found', 'not-a-csv', 'first line'],
    ])('%s', async (name, text, code, said) => {
      const error = await b.refused(b.file(`${name}.csv`, text))
      expect(error).toMatchObject({ code, message: expect.stringContaining(said) })
      expect(await count()).toBe(0)
    })

    test('a cut gzip file is damaged, not unreadable, whichever part is gone', async () => {
      const content = lines([
        HEAD,
        ...Array.from({ length: 9000 }, (_, i) => row(`1.${i}`).replace('1735689600', `${1735000000 + i}`)),
      ])
      const whole = gzipSync(content)
      for (const size of [whole.length - 5, whole.length >> 1]) {
        const error = await b.refused(b.file('cut.csv.gz', whole.subarray(0, size)))
        expect(error).toMatchObject({ code: 'damaged-file', message: expect.stringContaining('cut.csv.gz') })
        expect(await count()).toBe(0)
      }
    })

    test('a file that is written to meanwhile is not loaded', async () => {
      const text = lines([
        HEAD,
        ...Array.from({ length: 9000 }, (_, i) => row('1').replace('1735689600', `${1735000000 + i}`)),
      ])
      const file = b.file('growing.csv', text)
      let more = () => appendFileSync(file, 'mangled,mangled,1735689600,1,,,')
      const error = await b.refused(file, {
        onProgress: () => {
          more()
          more = () => {}
        },
      })
      expect(error).toMatchObject({ code: 'file-changed' })
      expect(await count()).toBe(0)
    })
  })

  describe('rows that another load, still open, has already', () => {
    const RIVAL =
      'insert into arxdb.imports (state, atomic, target, source, attribution, first_at, last_at, finished_at) values'
    /** A load of somebody else's that brought the first row, with its lock unless it is dead. */
    const rival = async (coin: string, { dead = false, complete = false } = {}) => {
      const time = "'2025-01-01T00:00:00Z'::timestamptz"
      const [open] = await b.rows<{ id: number }>(
        `${RIVAL} ('loading', true, 'prices', 'x', 'x', ${time}, ${time}, ${complete ? 'now()' : 'null'}) returning import_id as id`,
      )
      await b.rows(
        `insert into arxdb.prices (market_id, import_id, timestamp, price)
           values (arxdb.market($1, null, 'rivals', 'USD', 'tick'), $2, ${time}, 7)`,
        [coin, open!.id],
      )
      const lock = "select pg_advisory_lock(hashtextextended('arxdb.import.' || $1::int, 0))"
      if (!dead) await b.rows(lock, [open!.id])
      return open!.id
    }
    const release = () => b.rows('select pg_advisory_unlock_all()')
    const file = (coin: string) =>
      b.file(
        `${coin}.csv`,
        lines([
          'coin_id,exchange_id,last_updated,usd_price',
          `${coin},rivals,2025-01-01T00:00:00Z,1`,
          `${coin},rivals,2025-01-01T00:01:00Z,2`,
        ]),
      )
    const prices = async (coin: string) =>
      (
        await b.rows<{ p: string }>(
          'select usd_price as p from crypto_prices where coin_id = $1 order by last_updated',
          [coin],
        )
      ).map((row) => row.p)
    const state = async (id: number) =>
      (await b.rows<{ state: string }>('select state from arxdb.imports where import_id = $1', [id]))[0]!.state

    test('it died: what it left goes, and the rows come from this file', async () => {
      const id = await rival('dead', { dead: true })
      const [report] = await b.load(file('dead'))
      expect(report).toMatchObject({ rows_read: 2, inserted: 2, duplicates: 0 })
      expect(await prices('dead')).toEqual(['1', '2'])
      expect(await state(id)).toBe('failed')
      expect((await b.load(file('dead')))[0]).toMatchObject({ already_loaded: true })
    })

    test('it runs, and is taken back: waited for, and the rows come from this file', async () => {
      const id = await rival('failing')
      let ended = false
      const loading = b.load(file('failing')).finally(() => {
        ended = true
      })
      const waiting = "select 1 as n from arxdb.imports where state = 'loading' and finished_at is not null"
      await vi.waitFor(async () => expect(await b.rows(waiting)).toHaveLength(1), { timeout: 10_000 })
      expect(ended).toBe(false)
      await b.rows('delete from arxdb.prices where import_id = $1', [id])
      await b.rows("update arxdb.imports set state = 'failed', finished_at = now() where import_id = $1", [id])
      const [report] = await loading
      await release()
      expect(report).toMatchObject({ inserted: 2, duplicates: 0 })
      expect(await prices('failing')).toEqual(['1', '2'])
    })

    test('it has all its rows in: they stay, and nobody waits', async () => {
      const id = await rival('complete', { complete: true })
      const [report] = await b.load(file('complete'))
      await release()
      expect(report).toMatchObject({ inserted: 1, skipped: 1 })
      expect(await prices('complete')).toEqual(['7', '2'])
      expect(await state(id)).toBe('loading')
    })
  })

  test('a role that may only read is told which grant is missing', async () => {
    const role = `arxdb_reader_${process.pid}_${tier.name}`
    await b.client.query(`create role ${role} login; grant usage on schema arxdb to ${role};
      grant select on all tables in schema arxdb to ${role}`)
    try {
      const connection = { ...b.db.connection, user: role }
      const error = await b.refused(b.file('reader.csv', lines([PRICES, 'x,X,reader,1,,,,,,,1735689600,,'])), {
        connection,
      })
      expect(error).toMatchObject({
        message: expect.stringContaining('permission denied'),
        hint: 'arxdb migrate grants',
      })
    } finally {
      await b.client.query(`drop owned by ${role}; drop role ${role}`)
    }
  })

  test('a server that goes away: what is in is said, and the next load goes on from there', async () => {
    const rows = Array.from({ length: 400_000 }, (_, i) => `lost,lost,${1_700_000_000 + i},1.${i}`)
    const file = b.file('lost.csv', lines(['coin_id,exchange_id,last_updated,usd_price', ...rows]))
    const database = (await b.rows<{ name: string }>('select quote_ident(current_database()) as name'))[0]!.name
    // Slowly: it must not be done before its server is taken away.
    const failing = b.refused(file, { rateLimit: 5_000_000 })
    const begun =
      "select 1 as n from arxdb.imports where state = 'loading' and file_name like '%lost.csv' and rows_read > 0"
    await vi.waitFor(async () => expect(await b.rows(begun)).toHaveLength(1), { timeout: 10_000, interval: 5 })
    // Nobody gets in again until the load has given up; a database cannot be closed from inside. Between its transactions
    // a load's connection has no name of ours.
    const outside = new pg.Client({
      connectionString: Object.assign(new URL(b.db.url), { pathname: '/postgres' }).href,
    })
    await outside.connect()
    await outside.query(`alter database ${database} allow_connections false`)
    await b.rows(`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`)
    const error = await failing.finally(() => outside.query(`alter database ${database} allow_connections true`))
    await outside.end()
    expect(error.detail).toContain('what was committed before that is in')
    const [report] = await b.load(file)
    expect(report).toMatchObject({ inserted: 400_000, resumed: true })
    expect(report!.notes.join()).toContain('went on with import')
  })

  test('two at once load the same file once', async () => {
    const file = b.file('race.csv', lines(bitfinexRows(30_000)))
    const flags = { ...BITFINEX, exchange: 'race' }
    const reports = (await Promise.all([b.load(file, flags), b.load(file, flags), b.load(file, flags)])).flat()
    expect(reports.map((r) => r.inserted).sort()).toEqual([0, 0, 30_000])
    expect((await marketOf('race'))[0]!.n).toBe(30_000)
  })

  test('an abort of an atomic load leaves nothing, exit 130', async () => {
    const stop = new AbortController()
    const file = b.file('abort.csv', lines(bitfinexRows(200_000, Date.UTC(2023, 0, 1))))
    const error = await b.refused(file, {
      ...BITFINEX,
      exchange: 'abort',
      atomic: true,
      signal: stop.signal,
      onProgress: ({ rows }) => void (rows > 120_000 && stop.abort()),
    })
    expect(error).toMatchObject({ code: 'interrupted', exit: 130 })
    expect((await marketOf('abort'))[0]!.n).toBe(0)
    expect((await b.load(file, { ...BITFINEX, exchange: 'abort' }))[0]!.inserted).toBe(200_000)
  })

  test('a dry run shows the mapping and five rows, and writes nothing', async () => {
    const before = await b.rows('select count(*)::int n from arxdb.imports')
    const file = b.file('BTCUSD_1m_2024.csv', lines(bitfinexRows(9)))
    const [shown] = await planFiles({
      files: [file],
      format: 'bitfinex',
      signal: new AbortController().signal,
      now: () => new Date(),
    })
    expect(shown!.rows).toHaveLength(5)
    expect(shown!.rows[1]).toEqual({
      timestamp: '2024-01-01T00:01:00Z',
      open: '100.1',
      high: '102.5',
      low: '99.25',
      close: '101',
      volume: '1.125',
    })
    expect(shown!.notes.join('\n')).toMatch(/close \(#3\) -> close/)
    expect(await b.rows('select count(*)::int n from arxdb.imports')).toEqual(before)
  })
})
