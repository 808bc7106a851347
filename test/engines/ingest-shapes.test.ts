import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { IngestOptions } from '../../src/ingest/report.ts'
import { describeTiers } from '../servers/databases.ts'
import { type Bench, bench, lines, MINUTE, START } from './ingest-files.ts'

const FLAGS = { symbol: 'BTC/USD', timeframe: '1m' }
const HEADER = 'time,open,high,low,close,volume'
const iso = (minute: number): string => new Date(START + minute * MINUTE).toISOString()

describeTiers('shapes of', (tier) => {
  let b: Bench
  beforeAll(async () => {
    b = await bench(tier)
  })
  afterAll(() => b.close())

  const load = async (name: string, rows: readonly string[], flags: Partial<IngestOptions>) =>
    (await b.load(b.file(name, lines(rows)), flags))[0]!
  /** Bars of an exchange as text, every digit kept. */
  const barsOf = async (exchange: string) =>
    (
      await b.rows<{ bar: string }>(
        `select concat_ws(' ', symbol, to_char(timestamp at time zone 'UTC', 'MM-DD HH24:MI'), open, high, low, close, volume,
                quote_volume, trades) as bar
           from arxdb.candles join arxdb.markets using (market_id) join arxdb.coins using (coin_id)
           where exchange_id = $1 order by symbol, timestamp`,
        [exchange],
      )
    ).map(({ bar }) => bar)

  describe('trades', () => {
    /** Several in a second, prices and amounts of many digits; seconds in order, none in some minutes. */
    const trades = Array.from({ length: 5000 }, (_, i) => ({
      at: START / 1000 + Math.floor(i / 3) + (i > 3000 ? 600 : 0),
      price: `${1000 + ((i * 7919) % 101)}.${String((i * 104_729) % 1_000_003).padStart(7, '0')}`,
      amount: i % 17 === 0 ? `${i}e-12` : `0.${String(i).padStart(12, '0')}`,
    }))
    const rows = trades.map(({ at, price, amount }) => `${at},${price},${amount}`)

    /** The same, by the server: straight from the definitions. */
    const aggregated = async (width: number): Promise<readonly string[]> => {
      const { rows: bars } = await b.client.query<{ bar: string }>(
        `with trade as (
           select n, at, price, amount from unnest($1::bigint[], $2::numeric[], $3::numeric[]) with ordinality t (at, price, amount, n)
         )
         select concat_ws(' ', 'BTC', to_char(to_timestamp(at / $4 * $4) at time zone 'UTC', 'MM-DD HH24:MI'),
                  (array_agg(price order by n))[1], max(price), min(price), (array_agg(price order by n desc))[1],
                  sum(amount), sum(price * amount), count(*)) as bar
           from trade group by at / $4 order by at / $4`,
        [trades.map((t) => t.at), trades.map((t) => t.price), trades.map((t) => t.amount), width],
      )
      return bars.map(({ bar }) => bar)
    }
    const plain = (bars: readonly string[]): readonly string[] =>
      bars.map((bar) => bar.replace(/(\.\d*?)0+(?= |$)/g, '$1').replace(/\.(?= |$)/g, ''))

    test.each([
      ['upward', '1m', 60, rows],
      ['downward', '1m', 60, [...rows].reverse()],
      ['upward', '5m', 300, rows],
      ['downward', '1h', 3600, [...rows].reverse()],
      ['downward', '1d', 86_400, [...rows].reverse()],
    ])(
      '%s, to candles of %s: as the server computes them, to the last digit',
      async (order, timeframe, width, file) => {
        const exchange = `trades-${order}-${timeframe}`
        const report = await load(`${exchange}.csv`, file, { symbol: 'BTC/USD', exchange, timeframe })
        const expected = await aggregated(width)
        expect(plain(await barsOf(exchange))).toEqual(plain(expected))
        const { length: bars } = expected
        expect(report).toMatchObject({ format: 'columns-trades', rows_read: 5000, inserted: bars, merged: 5000 - bars })
      },
    )

    test('bad ones are left out of their bar, and named', async () => {
      const spoilt = rows.map((row, i) =>
        i === 10 ? row.replace(/,.*,/, ',x,') : i === 20 ? row.replace(/,0\./, ',-0.') : row,
      )
      const report = await load('spoilt.csv', spoilt, { symbol: 'BTC/USD', exchange: 'spoilt', timeframe: '1h' })
      expect(report).toMatchObject({ rows_read: 5000, rejected: 2 })
      expect(report.inserted + report.merged + report.rejected).toBe(5000)
      expect(
        (
          await b.rows<{ n: string }>(
            `select sum(trades)::text as n from arxdb.candles join arxdb.markets using (market_id) where exchange_id = 'spoilt'`,
          )
        )[0]!.n,
      ).toBe('4998')
    })

    test('neither upward nor downward is refused, by the line', async () => {
      const broken = [...rows.slice(0, 400), rows[0]!, ...rows.slice(400)]
      const error = await b.refused(b.file('broken.csv', lines(broken)), {
        symbol: 'BTC/USD',
        exchange: 'broken',
        timeframe: '1m',
      })
      expect(error).toMatchObject({ code: 'unsorted-trades', message: expect.stringContaining('line 401: ') })
      expect(await barsOf('broken')).toEqual([])
    })
  })

  test('a wide table: a candle for each coin that has one; coins not listed yet are no rows', async () => {
    const header = ',BTC:open,BTC:high,BTC:low,BTC:close,BTC:volume,ETH:open,ETH:high,ETH:low,ETH:close,ETH:volume'
    const rows = [
      header,
      '2014-12-01,300.0,370.0,300.0,370.0,0.05656,,,,,',
      '2014-12-02,370.0,378.0,370.0,378.0,15.01,1.1,1.3,1.0,1.2,7',
      // Written for people: a blank behind each comma.
      '2014-12-03, 378, 379, 370, 375, 1, , , , ,',
      '2014-12-04,375,379,370,375,1,1.2,1.1,1.0,1.2,7',
    ]
    const flags = { exchange: 'wide', quote: 'USD', timeframe: '1d', maxErrors: '1' }
    const report = await load('wide.csv', rows, flags)
    expect(await barsOf('wide')).toEqual([
      'BTC 12-01 00:00 300.0 370.0 300.0 370.0 0.05656',
      'BTC 12-02 00:00 370.0 378.0 370.0 378.0 15.01',
      'BTC 12-03 00:00 378 379 370 375 1',
      'BTC 12-04 00:00 375 379 370 375 1',
      'ETH 12-02 00:00 1.1 1.3 1.0 1.2 7',
    ])
    expect(report).toMatchObject({ format: 'wide-ohlcv', inserted: 5, rejected: 1, rows_read: 6 })
    expect(report.markets).toEqual(['BTC/USD@wide 1d', 'ETH/USD@wide 1d'])
  })

  test('a wide table of more coins than a scan has places for', async () => {
    const coins = Array.from({ length: 120 }, (_, i) => `W${i}X`)
    const names = coins.flatMap((coin) => ['open', 'high', 'low', 'close', 'volume'].map((name) => `${coin}:${name}`))
    const rows = ['2014-12-01', '2014-12-02'].map((day) => `${day},${coins.map((_, i) => `1,${i + 2},1,2,5`).join()}`)
    const flags = { exchange: 'widest', quote: 'USD', timeframe: '1d' }
    const report = await load('widest.csv', [['', ...names].join(), ...rows], flags)
    expect(report).toMatchObject({ rows_read: 240, inserted: 240 })
    expect(report.markets).toEqual(coins.map((coin) => `${coin}/USD@widest 1d`))
    expect(await barsOf('widest')).toContain('W119X 12-02 00:00 1 121 1 2 5')
  })

  test('an epoch and a text that says another moment: the epoch counts, and the report says so', async () => {
    const rows = Array.from({ length: 30 }, (_, i) => {
      const said = new Date(START + (i >= 25 ? i + 300 : i) * MINUTE).toISOString().slice(0, 19).replace('T', ' ')
      return `${START + i * MINUTE},${said},BTC/USD,1,2,1,2,5,6`
    })
    const report = await load('witness.csv', ['unix,date,symbol,open,high,low,close,Volume BTC,Volume USD', ...rows], {
      ...{ exchange: 'witness', timeframe: '1m' },
    })
    expect(report).toMatchObject({ inserted: 30, first_at: '2024-01-01T00:00:00Z', last_at: '2024-01-01T00:29:00Z' })
    expect(report.warnings).toEqual([
      '5 rows with another moment in column date than in the epoch (first in line 27): the epoch was taken',
    ])
  })

  test('prices far off their neighbours are loaded, and named; a market that moves is none', async () => {
    const rows = Array.from({ length: 40 }, (_, i) => {
      const close = i === 12 ? 4000 : i === 20 ? 0.5 : i >= 30 ? 900 : 100
      return `${iso(i)},${close},${close},${close},${close},1`
    })
    const report = await load('far.csv', [HEADER, ...rows], { ...FLAGS, exchange: 'far' })
    expect(report).toMatchObject({ inserted: 40, outliers: 2 })
    expect(report.warnings).toEqual([
      '2 prices more than three times off the neighbours: line 14 (price, 2024-01-01T00:12:00Z), line 22 (price, 2024-01-01T00:20:00Z)',
    ])
    expect(await barsOf('far')).toContain('BTC 01-01 00:12 4000 4000 4000 4000 1')
  })

  test('bars that are missing of the width', async () => {
    const minutes = [0, 1, 2, 5, 6, 7, 8, 20, 21, 22]
    const rows = minutes.map((minute) => `${iso(minute)},1,2,1,2,1`)
    const report = await load('gaps.csv', [HEADER, ...rows], { ...FLAGS, exchange: 'gaps' })
    expect(report).toMatchObject({ inserted: 10, gaps: 2, missing_bars: 13, order: 'ascending' })
    expect(report.notes.join('\n')).toContain(
      '13 bars of the width missing in 2 gaps, the longest of 11 after 2024-01-01T00:08:00Z',
    )
    const back = await load('gaps-back.csv', [HEADER, ...[...rows].reverse()], { ...FLAGS, exchange: 'back' })
    expect(back).toMatchObject({ inserted: 10, gaps: 2, missing_bars: 13, order: 'descending' })
  })

  test('numbers in dress and in scientific notation, exactly', async () => {
    const header = 'coin_id,exchange_id,last_updated,usd_price,btc_price,market_cap,volume_24h,change_24h,change_7d'
    const rows = [
      'bitcoin,dress,2024-01-01,"$1,234.5",1,1.2B,"960,017 BTC",+3%,-5.68%',
      'bitcoin,dress,2024-01-02,$0.00000618,1.932e-05,$1.5T,2.28349e+12,-0.5,+24.46%',
      'bitcoin,dress,2024-01-03,129631238285.9973917626283778883,1e-18,"$750,391,502,193",6e-05,+0,1e2',
    ]
    expect(await load('dress.csv', [header, ...rows], {})).toMatchObject({ inserted: 3, rejected: 0 })
    expect(
      (
        await b.rows<{ row: string }>(
          `select concat_ws(' ', price, btc_price, market_cap, volume_24h, change_24h, change_7d) as row from arxdb.prices
             join arxdb.markets using (market_id) where exchange_id = 'dress' order by timestamp`,
        )
      ).map(({ row }) => row),
    ).toEqual([
      '1234.5 1 1200000000 960017 3 -5.68',
      '0.00000618 0.00001932 1500000000000 2283490000000 -0.5 24.46',
      '129631238285.9973917626283778883 0.000000000000000001 750391502193 0.00006 0 100',
    ])
  })

  test('blanks of any kind around values do not count', async () => {
    const rows = [`\t${START},\t1,2\t,1,2,\t`, `\u00a0${iso(1)}\u00a0,1,2,1,2,\u00a03`]
    expect(await load('blanks.csv', [HEADER, ...rows], { ...FLAGS, exchange: 'blanks' })).toMatchObject({ rejected: 0 })
    expect(await barsOf('blanks')).toEqual(['BTC 01-01 00:00 1 2 1 2', 'BTC 01-01 00:01 1 2 1 2 3'])
  })

  test('decimal commas of a file with semicolons are never read as thousands', async () => {
    const rows = Array.from({ length: 30 }, (_, i) => `${iso(i)};1,234;1,240;1,230;1,238;5`)
    const file = b.file('comma.csv', lines([HEADER.replaceAll(',', ';'), ...rows]))
    const error = await b.refused(file, { ...FLAGS, exchange: 'comma' })
    expect(error).toMatchObject({ message: expect.stringContaining('1,234') })
    expect(await barsOf('comma')).toEqual([])
  })

  describe('times', () => {
    const bar = (time: string) => `${time},1,2,1,2,1`
    const timesOf = async (exchange: string) =>
      (await barsOf(exchange)).map((text) => text.split(' ').slice(1, 3).join(' '))

    test('the unit of an epoch is told row by row, and a text without a zone is UTC whatever the process thinks', async () => {
      expect(process.env.TZ).toBe('America/New_York')
      const s = START / 1000
      const times = [
        `${s}`,
        `${s + 60}.0`,
        `${s + 120}000`,
        `${s + 180}000000`,
        `${s + 240}000000000`,
        '2024-01-01 00:05:00',
      ]
      const report = await load('units.csv', [HEADER, ...times.map(bar)], { ...FLAGS, exchange: 'units' })
      expect(report).toMatchObject({ inserted: 6, rejected: 0, gaps: 0 })
      expect(await timesOf('units')).toEqual([0, 1, 2, 3, 4, 5].map((i) => `01-01 00:0${i}`))
    })

    test('--tz for texts that carry no zone; an hour that the clock skipped or showed twice is rejected', async () => {
      const times = [
        ...['2024-03-10 01:59', '2024-03-10 02:30', '2024-03-10 03:00', '2024-11-03 01:30', '2024-11-03 02:00'],
        ...['2024-11-03T01:30-05:00', '1704067200'],
      ]
      const flags = { ...FLAGS, exchange: 'zone', tz: 'America/New_York', maxErrors: '2' }
      const report = await load('zone.csv', [HEADER, ...times.map(bar)], flags)
      expect(report).toMatchObject({ inserted: 5, rejected: 2 })
      expect(await timesOf('zone')).toEqual(['01-01 00:00', '03-10 06:59', '03-10 07:00', '11-03 06:30', '11-03 07:00'])
    })

    test('an offset that no clock has is none', async () => {
      const times = [`${iso(0)}`, '2024-01-01T00:01:00+99:99', '2024-01-01T05:32:00+05:30', '2024-01-01T00:03:00+24:00']
      const flags = { ...FLAGS, exchange: 'offset', maxErrors: '2' }
      expect(await load('offset.csv', [HEADER, ...times.map(bar)], flags)).toMatchObject({ inserted: 2, rejected: 2 })
      expect(await timesOf('offset')).toEqual(['01-01 00:00', '01-01 00:02'])
    })

    test('--stamp close moves bars to when they open', async () => {
      const report = await load('stamp.csv', [HEADER, bar(iso(1)), bar(iso(2))], {
        ...FLAGS,
        exchange: 'stamp',
        stamp: 'close',
      })
      expect(report).toMatchObject({ inserted: 2, first_at: '2024-01-01T00:00:00Z' })
      expect(await timesOf('stamp')).toEqual(['01-01 00:00', '01-01 00:01'])
    })
  })

  test('--map and --ignore: columns that nobody else calls so, and a name that occurs twice', async () => {
    const rows = ['wann,auf,hoch,tief,zu,menge,menge', `${iso(0)},1,4,0.5,2,7,8`, `${iso(1)},2,5,1.5,3,9,10`]
    const map = 'wann=timestamp,auf=open,hoch=high,tief=low,zu=close,#7=volume'
    const report = await load('map.csv', rows, { ...FLAGS, exchange: 'map', map, ignore: '#6' })
    expect(report).toMatchObject({ inserted: 2 })
    expect(report.notes.join()).not.toContain('columns not used')
    expect(await barsOf('map')).toEqual(['BTC 01-01 00:00 1 4 0.5 2 8', 'BTC 01-01 00:01 2 5 1.5 3 10'])
  })
})
