// The indicator questions over a database: history before the window, gaps, cut bars, and what they say of thin evidence.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { atr } from '../../src/core/atr.ts'
import { bollinger } from '../../src/core/bollinger.ts'
import { ema } from '../../src/core/indicators/ema.ts'
import { rsi as rsiOf } from '../../src/core/indicators/rsi.ts'
import { indicators } from '../../src/core/indicators.ts'
import { parseEvery } from '../../src/core/interval.ts'
import { macd } from '../../src/core/macd.ts'
import { rsi } from '../../src/core/rsi.ts'
import { openClient } from '../../src/db/connect.ts'
import { DEFAULT_LIMITS } from '../../src/db/session.ts'
import type { Engine } from '../../src/engines/engine.ts'
import { openEngine } from '../../src/engines/timescaledb/engine.ts'
import { session } from '../cli/session.ts'
import { migratedDatabase, type TestDatabase, tiers } from '../servers/databases.ts'

const HOUR = 3_600_000
const START = Date.UTC(2025, 0, 1)
const at = (hours: number) => new Date(START + hours * HOUR).toISOString()
const close = (i: number) => 100 + Math.round(10 * Math.sin(i / 5)) + ((i * 7) % 5)

/** [coin, exchange, hour, close] */
type Bar = readonly [string, string, number, number]
const hours = (coin: string, exchange: string, count: number, price: (i: number) => number): Bar[] =>
  Array.from({ length: count }, (_, i) => [coin, exchange, i, price(i)] as const)

const BARS: readonly Bar[] = [
  ...hours('bitcoin', 'alpha', 800, close),
  // Every hour that three divides is missing.
  ...hours('bitcoin', 'holes', 800, close).filter(([, , hour]) => hour % 3 !== 0),
  ...hours('ethereum', 'alpha', 100, close),
  ...hours('ethereum', 'few', 9, close),
  ...hours('dogecoin', 'flat', 400, () => 0.1),
]

describe.each(tiers())('on $name', (tier) => {
  let database: TestDatabase
  let engine: Engine

  beforeAll(async () => {
    database = await migratedDatabase(tier)
    const client = await openClient(database.connection)
    // One statement: the tests are about what is read.
    const column = (index: 0 | 1 | 3) => BARS.map((bar) => bar[index])
    await client.query(
      `insert into crypto_ohlcv (coin_id, exchange_id, quote, timeframe, timestamp, open_price, high_price, low_price,
         close_price, volume, source, attribution)
       select coin, exchange, 'USD', '1h', time, price, price + 1, price / 2, price, 1, 'test', ''
         from unnest($1::text[], $2::text[], $3::timestamptz[], $4::numeric[]) as t(coin, exchange, time, price)`,
      [column(0), column(1), BARS.map((bar) => at(bar[2])), column(3)],
    )
    await client.end()
    engine = await openEngine({ connection: database.connection, limits: DEFAULT_LIMITS })
  })

  afterAll(async () => {
    await engine?.close()
    await database?.drop()
  })

  const query = (coin: string, from: number, to: number) => ({
    ...{ coin, from: at(from), to: at(to), now: at(10_000) },
    ...{ tz: 'UTC', every: parseEvery('1h') },
  })
  const texts = ({ notes }: { readonly notes: readonly { readonly text: string }[] }) => notes.map(({ text }) => text)

  test('reads history before the window, and leaves it out of the answer', async () => {
    const answer = await rsi(engine, query('BTC@alpha', 500, 510))
    expect(answer.rows).toHaveLength(10)
    expect(answer.notes).toEqual([])
    const whole = rsiOf(
      Array.from({ length: 510 }, (_, i) => close(i)),
      { period: 14 },
    )
    for (const [i, row] of answer.rows.entries()) {
      expect(row).toMatchObject({ missing_bars: 0, partial: false, unstable: false, definition: 'rsi-14/1' })
      expect(row).toMatchObject({ timestamp: at(500 + i).replace('.000', ''), n_obs: 1, coverage: 1, n_bars: 301 + i })
      expect(row.close).toBe(String(close(500 + i)))
      expect(row.rsi).toBeCloseTo(whole[500 + i]!, 5)
    }
  })

  test('rows of too short a history are flagged, with one warning for the market', async () => {
    const answer = await rsi(engine, query('ETH@alpha', 90, 100))
    expect(answer.rows.map((row) => row.unstable)).toEqual(Array(10).fill(true))
    expect(answer.rows[0]).toMatchObject({ n_bars: 90, rsi: expect.any(Number) })
    expect(texts(answer)).toEqual(['alpha USD: 90 bars of history where 201 settle the values; unstable: 10 rows'])
    const settling = await rsi(engine, query('BTC@alpha', 195, 205))
    expect(settling.rows.map((row) => row.unstable)).toEqual([...Array(6).fill(true), ...Array(4).fill(false)])
    expect(texts(settling)).toEqual(['alpha USD: 195 bars of history where 201 settle the values; unstable: 6 rows'])
  })

  test('fewer bars than the period: no value, and it says how many it takes', async () => {
    const answer = await rsi(engine, query('ETH@few', 0, 20))
    expect(answer.rows.map((row) => row.rsi)).toEqual(Array(9).fill(null))
    expect(texts(answer)).toEqual(['few USD: 9 bars where the first whole row takes 15'])
    const one = await bollinger(engine, query('ETH@few', 8, 20))
    expect(one.rows).toMatchObject([{ mid: null, percent_b: null, unstable: true, open: String(close(8)), n_bars: 8 }])
  })

  test('missing bars are counted, not bridged, and history is looked for further back', async () => {
    const answer = await rsi(engine, query('BTC@holes', 700, 710))
    expect(answer.rows.map((row) => row.timestamp)).toEqual(
      [700, 701, 703, 704, 706, 707, 709].map((hour) => at(hour).replace('.000', '')),
    )
    expect(answer.rows.map((row) => row.unstable)).toEqual(Array(7).fill(false))
    // From hour 1 to hour 700 there are 700 slots, and those that three divides are empty: 3, 6, ... 699.
    expect(answer.rows[0]).toMatchObject({ n_bars: 466, missing_bars: 233 })
    const there = Array.from({ length: 701 }, (_, i) => i).filter((i) => i % 3 !== 0)
    expect(answer.rows[0]!.rsi).toBeCloseTo(rsiOf(there.map(close), { period: 14 }).at(-1)!, 9)
    expect(texts(answer)).toEqual([
      'holes USD: 236 bars (33.29%) missing up to the last row; computed over those there are',
    ])
    expect(answer.notes[0]!.level).toBe('warn')
  })

  test('equal prices: no RSI, no place in the bands, and bands of no width', async () => {
    const answer = await indicators(engine, { ...query('DOGE', 350, 360), with: 'rsi,bollinger,macd' })
    expect(answer.rows).toHaveLength(10)
    for (const row of answer.rows) {
      expect(row).toMatchObject({ rsi: null, percent_b: null, bandwidth: 0, mid: 0.1, macd: expect.closeTo(0, 12) })
    }
    expect((await rsi(engine, { ...query('DOGE', 350, 351), compat: 'talib' })).rows).toMatchObject([
      { rsi: 0, definition: 'rsi-14-talib/1' },
    ])
  })

  test('a bar that is cut stays out, unless it is asked for', async () => {
    const open = { ...query('BTC@alpha', 498, 600), now: at(500.5) }
    expect((await rsi(engine, open)).rows.map((row) => row.partial)).toEqual([false, false])
    const all = await rsi(engine, { ...open, includePartial: true })
    // What comes after the present is not known, whatever is stored.
    expect(all.rows.at(-1)).toMatchObject({ partial: true, close: String(close(500)) })
    // The window's start lies within a bar: that bar began before it.
    const within = await rsi(engine, { ...query('BTC@alpha', 498.5, 500), includePartial: true })
    expect(within.rows.map((row) => row.timestamp)).toEqual([at(499).replace('.000', '')])
  })

  test('columns, their kinds, and how each is drawn', async () => {
    const window = query('BTC@alpha', 500, 502)
    const shape = async (answer: Promise<{ columns: readonly { name: string }[]; chart?: unknown }>) => {
      const { columns, chart } = await answer
      return { names: columns.map(({ name }) => name), panes: (chart as { panes: unknown }).panes }
    }
    const evidence = ['basis', 'n_obs', 'coverage', 'n_bars', 'missing_bars', 'partial', 'unstable', 'definition']
    const market = ['exchange_id', 'quote', 'timestamp']
    expect(await shape(macd(engine, window))).toEqual({
      names: [...market, 'close', 'macd', 'signal', 'histogram', ...evidence],
      panes: [
        { kind: 'lines', columns: ['close'] },
        { kind: 'lines', columns: ['macd', 'signal'] },
        { kind: 'histogram', column: 'histogram' },
      ],
    })
    expect(await shape(bollinger(engine, window))).toEqual({
      names: [
        ...market,
        'open',
        'high',
        'low',
        'close',
        'mid',
        'upper',
        'lower',
        'percent_b',
        'bandwidth',
        ...evidence,
      ],
      panes: [{ kind: 'candles', lines: ['upper', 'mid', 'lower'] }],
    })
    expect((await shape(atr(engine, window))).panes).toEqual([
      { kind: 'candles', lines: [] },
      { kind: 'lines', columns: ['atr'] },
    ])
    expect((await shape(indicators(engine, { ...window, with: 'rsi:7,ema:20' }))).panes).toEqual([
      { kind: 'lines', columns: ['close', 'ema_20'] },
      { kind: 'lines', columns: ['rsi_7'], levels: [30, 70] },
    ])
    for (const row of (await indicators(engine, window)).rows) {
      expect(Object.keys(row)).toEqual((await indicators(engine, window)).columns.map(({ name }) => name))
    }
  })

  test('several markets, each over its own bars', async () => {
    const answer = await indicators(engine, { ...query('BTC', 500, 505), with: 'ema:3' })
    const [alpha, holes] = ['alpha', 'holes'].map((id) => answer.rows.filter((row) => row.exchange_id === id))
    expect([alpha!.length, holes!.length]).toEqual([5, 3])
    const until = Array.from({ length: 501 }, (_, i) => i)
    const ofAlpha = ema(until.map(close), { period: 3 }).at(-1)!
    const ofHoles = ema(until.filter((i) => i % 3 !== 0).map(close), { period: 3 }).at(-1)!
    expect(alpha![0]!.ema_3).toBeCloseTo(ofAlpha, 9)
    expect(holes![0]!.ema_3).toBeCloseTo(ofHoles, 9)
  })

  test('months go back by the calendar', async () => {
    const months = { ...query('BTC@alpha', 0, 24 * 31), every: parseEvery('1M'), tz: 'Europe/Berlin' }
    const answer = await rsi(engine, months)
    expect(answer.rows.map((row) => row.rsi)).toEqual([])
    const days = await indicators(engine, { ...query('BTC@alpha', 0, 800), every: parseEvery('1d'), with: 'sma:2' })
    expect(days.rows).toHaveLength(33)
    expect(days.rows[1]).toMatchObject({ sma_2: (close(23) + close(47)) / 2, coverage: 1, n_obs: 24 })
  })

  test('no bars in the window: no rows, and a warning with the window asked for', async () => {
    const answer = await rsi(engine, query('BTC@alpha', 2000, 2010))
    expect(answer.rows).toEqual([])
    expect(texts(answer)).toEqual([
      `no whole bars of BTC@alpha between ${at(2000)} and ${at(2010)}; try: arxdb coverage BTC@alpha`,
    ])
  })

  describe('on the command line', () => {
    const arxdb = (...argv: string[]) => session(argv, { env: { DATABASE_URL: database.url }, now: at(799) })

    test('a coin without rows is unknown, from after to is an empty range', async () => {
      expect(await arxdb('rsi', 'XRP')).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('"XRP"') })
      const turned = await arxdb('macd', 'BTC', '--from', '2025-01-05', '--to', '2025-01-04')
      expect(turned).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('the range is empty') })
    })

    test.each([
      [['rsi', 'BTC', '--period', '0'], 'from 1 to 10000, not 0'],
      [['atr', 'BTC', '--period', 'x'], '"x" is no whole number'],
      [['macd', 'BTC', '--fast', '26', '--slow', '12'], 'not shorter'],
      [['bollinger', 'BTC', '--deviations', '-1'], 'no number'],
      [['bollinger', 'BTC', '--period', '1'], 'no width'],
      [['indicators', 'BTC', '--with', 'rsj'], 'no indicator "rsj"'],
      [['rsi', 'BTC', '--compat', 'excel'], 'talib, tradingview, stockcharts'],
      [['rsi', 'BTC', '--every', '0h'], 'no candle width'],
    ])('%j is refused before anything connects', async (argv, said) => {
      const ended = await session(argv, { env: { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' } })
      expect(ended).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(said) })
    })

    test('answers with what it was asked for', async () => {
      const argv = ['indicators', 'BTC@alpha', '--from', '1d', '--with', 'rsi:7,sma:3', '-o', 'json']
      const { code, stdout } = await arxdb(...argv)
      const rows = JSON.parse(stdout) as Record<string, unknown>[]
      expect([code, rows.length]).toEqual([0, 24])
      expect(rows.at(-1)).toMatchObject({
        sma_3: expect.closeTo((close(796) + close(797) + close(798)) / 3, 9),
        rsi_7: expect.any(Number),
        definition: 'rsi-7/1 sma-3/1',
      })
    })
  })
})
