// Three real exchanges in March 2023, when USDC lost its peg: TWAP and VWAP of every day from the command line, against
// the same worked out straight from the vendors' files.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { session } from '../cli/session.ts'
import { migratedDatabase, type TestDatabase, tiers } from '../servers/databases.ts'
import { type AskRows, asking } from './facts.ts'
import { type Bar, closes, iso, MINUTE, type Micros, meanOf, micros, scaled, twapOf, vwapOf } from './oracle.ts'

const data = process.env.ARXDB_DATA ?? fileURLToPath(new URL('../../../shared/data', import.meta.url))
const folder = join(data, 'iaqf-2023-03-multi-exchange')

interface Source {
  readonly file: string
  /** What the file does not tell. */
  readonly flags: readonly string[]
  readonly exchange: string
  readonly quote: string
  /** The column of times, seconds or text. */
  readonly time: string
}

const SOURCES: readonly Source[] = [
  { file: 'DERIVED_coinbase_btcusd_1m.csv', flags: [], exchange: 'coinbase', quote: 'USD', time: 'start' },
  { file: 'DERIVED_coinbase_btcusdt_1m.csv', flags: [], exchange: 'coinbase', quote: 'USDT', time: 'start' },
  { file: 'kraken_btc_usd.csv', flags: [], exchange: 'kraken', quote: 'USD', time: 'timestamp' },
  { file: 'kraken_btc_usdc.csv', flags: [], exchange: 'kraken', quote: 'USDC', time: 'timestamp' },
  { file: 'kraken_btc_eur.csv', flags: [], exchange: 'kraken', quote: 'EUR', time: 'timestamp' },
  ...['USD', 'USDT', 'USDC'].map((quote) => ({
    ...{ file: `binanceus_BTC${quote}_1m_20230301_20230321.csv`, flags: [], time: 'open_time' },
    ...{ exchange: 'binanceus', quote },
  })),
]
/** The same candles as in another of them. */
const AGAIN: Source = {
  ...{ file: 'binance_btc_usdc.csv.gz', flags: ['--exchange', 'binanceus'], time: 'timestamp' },
  ...{ exchange: 'binanceus', quote: 'USDC' },
}
const REFUSED = [
  '._binance_btc_usd.csv',
  '._kraken_btc_usd.csv',
  'coinbase_btcusd.parquet',
  'metadata_range_1m_20230301_20230321.csv',
]

const DAY = 1440n * MINUTE
const FIRST = micros('2023-03-01T00:00:00Z')
const DAYS = 21
const WINDOW = ['--from', '2023-03-01', '--to', '2023-03-22']

const files = new Map<string, readonly Bar[]>()

/** Nothing of arxdb: the header's names, split at commas, seconds or `2023-03-01 00:00:00+00:00`. */
function read({ file, time }: Source): readonly Bar[] {
  const known = files.get(file)
  if (known) return known
  const bytes = readFileSync(join(folder, file))
  const [header, ...lines] = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8').trim().split(/\r?\n/)
  const names = header!.split(',')
  // A volume such as 1e-05 is as exact as one that is written out.
  const plain = (text: string): string => {
    const [digits, exponent] = text.split('e-')
    if (exponent === undefined) return text
    const [whole, fraction = ''] = digits!.split('.')
    return `0.${'0'.repeat(Number(exponent) - whole!.length)}${whole}${fraction}`
  }
  const seen = new Map<Micros, Bar>()
  for (const line of lines) {
    const cells = line.split(',')
    const cell = (name: string) => plain(cells[names.indexOf(name)]!)
    const at = /^\d+$/.test(cell(time)) ? BigInt(cell(time)) * 1_000_000n : micros(cell(time).replace(' ', 'T'))
    const volume = cell('volume') === '' ? null : cell('volume')
    const prices = { open: cell('open'), high: cell('high'), low: cell('low'), close: cell('close') }
    if (!seen.has(at)) seen.set(at, { at, ...prices, volume })
  }
  files.set(file, [...seen.values()])
  return files.get(file)!
}

const days = Array.from({ length: DAYS }, (_, i) => ({
  from: FIRST + BigInt(i) * DAY,
  to: FIRST + BigInt(i + 1) * DAY,
}))

interface Expected {
  readonly exchange: string | null
  readonly quote: string
  readonly figures: readonly {
    readonly twap: string | null
    readonly vwap: string | null
    readonly coverage: number
    readonly n_obs: number
  }[]
}

function expectedFigures(): readonly Expected[] {
  const markets = SOURCES.map((source) => ({ ...source, bars: read(source) }))
  const own = markets.map(({ exchange, quote, bars }): Expected => {
    const sorted = [...bars].sort((a, b) => (a.at < b.at ? -1 : 1))
    return {
      ...{ exchange, quote },
      figures: days.map(({ from, to }) => {
        // All that can touch the day: a close stands for its own minute.
        const near = sorted.filter(({ at }) => at >= from - MINUTE && at < to)
        return { ...twapOf(closes(near), MINUTE, from, to), vwap: vwapOf(near, from, to).vwap }
      }),
    }
  })
  const combined = [...new Set(SOURCES.map(({ quote }) => quote))].map((quote): Expected => {
    const parts = own.filter((market) => market.quote === quote)
    const bars = markets.filter((market) => market.quote === quote).flatMap((market) => market.bars)
    return {
      ...{ exchange: null, quote },
      figures: days.map(({ from, to }, day) => ({
        twap: meanOf(parts.map(({ figures }) => figures[day]!.twap)),
        vwap: vwapOf(bars, from, to).vwap,
        coverage: parts.reduce((sum, { figures }) => sum + figures[day]!.coverage, 0) / parts.length,
        n_obs: parts.reduce((sum, { figures }) => sum + figures[day]!.n_obs, 0),
      })),
    }
  })
  return [...own, ...combined]
}

/** Relative to the second, from exact decimals. */
const apart = (a: string, b: string): number => {
  const [x, y] = [scaled(a), scaled(b)]
  return Number(((x > y ? x - y : y - x) * 10n ** 15n) / y) / 1e15
}

const missing = existsSync(folder) ? '' : ` (skipped: ${folder} is not there; ARXDB_DATA may name another place)`

describe.skipIf(missing !== '').each(tiers())(`real exchanges on $name${missing}`, (tier) => {
  let database: TestDatabase
  let ask: AskRows
  let expected: readonly Expected[]
  const ingest = (file: string, flags: readonly string[] = []) =>
    session(['ingest', join(folder, file), ...flags, '--json'], {
      env: { DATABASE_URL: database.url, HOME: '/nowhere' },
    })

  beforeAll(async () => {
    database = await migratedDatabase(tier)
    ask = asking(database)
    for (const { file, flags } of SOURCES) {
      const { code, stderr } = await ingest(file, flags)
      expect({ file, code, stderr: code === 0 ? '' : stderr }).toEqual({ file, code: 0, stderr: '' })
    }
    expected = expectedFigures()
  })
  afterAll(() => database?.drop())

  test.each(REFUSED)('%s is refused', async (file) => {
    const { code, stderr } = await ingest(file)
    expect(code).not.toBe(0)
    expect(JSON.parse(stderr.trim().split('\n').at(-1)!).error.code).toMatch(/^(not-a-csv|unknown-format)$/)
  })

  test('every file is in, row for row, and another layout of one adds nothing', async () => {
    const stored = async () =>
      (await ask(['coverage', 'BTC'])).rows.map((row) => [row.exchange_id, row.quote, row.timeframe, row.n_obs])
    const there = await stored()
    const wanted = SOURCES.map((source) => [source.exchange, source.quote, '1m', read(source).length])
    expect([...there].sort()).toEqual([...wanted].sort())
    const again = await ingest(AGAIN.file, AGAIN.flags)
    expect(again.code).toBe(0)
    expect(await stored()).toEqual(there)
    expect(read(AGAIN).map(({ at, close }) => [at, Number(close)])).toEqual(
      read(SOURCES.find(({ file }) => file.includes('BTCUSDC'))!).map(({ at, close }) => [at, Number(close)]),
    )
  })

  describe.each([
    ['with rollups', []],
    ['from raw rows', ['--no-rollup']],
  ])('%s', (_, more) => {
    test.each(['twap', 'vwap'] as const)('%s of every day, exchange and quote', async (question) => {
      const argv = [question, 'BTC', '--quote', 'any', ...WINDOW, '--every', '1d', ...more]
      const { code, rows } = await ask(argv)
      expect(code).toBe(0)
      expect(rows).toHaveLength(expected.length * DAYS)
      for (const { exchange, quote, figures } of expected)
        for (const [day, figure] of figures.entries()) {
          const row = rows.find(
            (one) =>
              one.exchange_id === exchange && one.quote === quote && one.timestamp === iso(FIRST + BigInt(day) * DAY),
          )
          const where = `${exchange} ${quote} day ${day + 1}`
          expect(row, where).toBeDefined()
          expect(apart(String(row![question]), figure[question]!), where).toBeLessThan(1e-9)
          expect(row!.n_obs, where).toBe(figure.n_obs)
          if (question === 'twap') expect(row!.coverage, where).toBeCloseTo(figure.coverage, 9)
        }
    })

    test('the whole window at once', async () => {
      const to = FIRST + BigInt(DAYS) * DAY
      for (const question of ['twap', 'vwap'] as const) {
        const { rows } = await ask([question, 'BTC', '--quote', 'any', ...WINDOW, ...more])
        for (const source of SOURCES) {
          const bars = read(source)
          const { twap } = twapOf(closes(bars), MINUTE, FIRST, to)
          const { vwap } = vwapOf(bars, FIRST, to)
          const row = rows.find((one) => one.exchange_id === source.exchange && one.quote === source.quote)
          expect(apart(String(row![question]), { twap, vwap }[question]!), source.file).toBeLessThan(1e-9)
        }
      }
    })
  })

  test('USDC was a quote of its own that day', async () => {
    const argv = ['--quote', 'any', '--from', '2023-03-11', '--to', '2023-03-12']
    const { rows } = await ask(['twap', 'BTC@kraken', ...argv])
    const of = (quote: string) => Number(rows.find((row) => row.exchange_id === 'kraken' && row.quote === quote)!.twap)
    expect(of('USDC') / of('USD')).toBeGreaterThan(1.05)
  })

  describe('arbitrage of 11 March, an hour a sample', () => {
    const argv = ['arbitrage', 'BTC', '--from', '2023-03-11', '--to', '2023-03-12', '--every', '1h']

    test('compares a quote with itself alone: the peg that broke is not reported', async () => {
      const { code, rows, stderr } = await ask([...argv, '--min-spread', '0'])
      expect(code).toBe(0)
      expect(rows.length).toBeGreaterThan(20)
      for (const row of rows)
        expect(row).toMatchObject({ cross_quote: false, quote: expect.stringMatching(/^[A-Z]+$/) })
      // In dollars no two of them were two per cent apart in any of these hours; USDC was ten from USD.
      const dollars = rows.filter((row) => row.quote === 'USD').map((row) => Number(row.gross_percent))
      expect(Math.max(...dollars)).toBeLessThan(2)
      expect(stderr).not.toMatch(/cross-quote/)
    })

    test('--quote any shows it, labelled', async () => {
      const { rows, stderr } = await ask([...argv, '--quote', 'any', '--min-spread', '5'])
      const peg = rows.filter((row) => row.quote === 'USD>USDC')
      expect(peg.length).toBeGreaterThan(5)
      for (const row of rows) expect(row.cross_quote).toBe(String(row.quote).includes('>'))
      for (const row of peg) {
        expect(row.net_percent).toBeNull()
        const gross = (Number(row.sell_price) / Number(row.buy_price) - 1) * 100
        expect(Math.abs(Number(row.gross_percent) - gross)).toBeLessThan(1e-9)
      }
      expect(stderr).toMatch(/^warning: .*USD>USDC.*cross-quote/m)
    })
  })
})
