// Volatility on every tier, against the definitions written out plainly over the same rows.

import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseEvery } from '../../src/core/interval.ts'
import { ESTIMATORS, type Estimator, type VolatilityQuery, volatility } from '../../src/core/volatility.ts'
import { openClient } from '../../src/db/connect.ts'
import { DEFAULT_LIMITS } from '../../src/db/session.ts'
import type { Engine } from '../../src/engines/engine.ts'
import { openEngine } from '../../src/engines/timescaledb/engine.ts'
import { refreshRollups } from '../../src/storage/rollups.ts'
import { openSession } from '../../src/storage/session.ts'
import { migratedDatabase, type TestDatabase, tiers } from '../servers/databases.ts'
import {
  type Bar,
  barsBy,
  DAY,
  END,
  found,
  type Grid,
  HOUR,
  havanaDays,
  iso,
  MARKETS,
  mean,
  NOW,
  newYorkDays,
  random,
  START,
  sum,
  utcGrid,
  variance,
  wholeSlots,
  writeMarkets,
} from './stats-data.ts'

const { log, LN2 } = Math

interface Plain {
  readonly n: number
  readonly variance: number | null
}

/** The six definitions over these bars; a bar whose neighbour before is missing has no return. */
function plainly(bars: ReadonlyMap<number, Bar>, slots: readonly number[], name: Estimator | 'mean0'): Plain {
  const own = slots.flatMap((slot) => bars.get(slot) ?? [])
  const steps = slots.flatMap((slot) => {
    const [bar, before] = [bars.get(slot), bars.get(slot - 1)]
    return bar && before ? [{ bar, before }] : []
  })
  const garmanKlass = (b: Bar) => 0.5 * log(b.high / b.low) ** 2 - (2 * LN2 - 1) * log(b.close / b.open) ** 2
  const rogersSatchell = (b: Bar) =>
    log(b.high / b.close) * log(b.high / b.open) + log(b.low / b.close) * log(b.low / b.open)
  const returns = steps.map(({ bar, before }) => log(bar.close / before.close))
  const overnight = steps.map(({ bar, before }) => log(bar.open / before.close))
  const n = ['parkinson', 'garman-klass', 'rogers-satchell'].includes(name) ? own.length : steps.length
  if (n < 2) return { n, variance: null }
  const k = 0.34 / (1.34 + (n + 1) / (n - 1))
  const values: Record<typeof name, () => number> = {
    close: () => variance(returns),
    mean0: () => sum(returns.map((r) => r ** 2)) / n,
    parkinson: () => mean(own.map((b) => log(b.high / b.low) ** 2)) / (4 * LN2),
    'garman-klass': () => mean(own.map(garmanKlass)),
    'rogers-satchell': () => mean(own.map(rogersSatchell)),
    'gk-yz': () => mean(steps.map(({ bar }) => garmanKlass(bar))) + mean(overnight.map((o) => o ** 2)),
    'yang-zhang': () =>
      variance(overnight) +
      k * variance(steps.map(({ bar }) => log(bar.close / bar.open))) +
      (1 - k) * mean(steps.map(({ bar }) => rogersSatchell(bar))),
  }
  return { n, variance: values[name]() }
}

const close = (value: number | null, wanted: number | null): void => {
  if (wanted === null || value === null) expect(value).toBe(wanted)
  else expect(Math.abs(value / wanted - 1)).toBeLessThan(1e-10)
}

describe.each(tiers())('on $name', (tier) => {
  let database: TestDatabase
  let engine: Engine

  beforeAll(async () => {
    database = await migratedDatabase(tier)
    await writeMarkets(database, MARKETS)
    engine = await openEngine({ connection: database.connection, limits: DEFAULT_LIMITS })
  })
  afterAll(async () => {
    await engine?.close()
    await database?.drop()
  })

  const ask = (query: Partial<VolatilityQuery>) =>
    volatility(engine, { coin: 'BTC', from: iso(START + DAY), to: iso(END), now: NOW, ...query })

  const CASES: readonly [string, Grid, number, Partial<VolatilityQuery>][] = [
    ['1h', utcGrid(HOUR), 24 * 365, {}],
    ['4h', utcGrid(4 * HOUR), 6 * 365, {}],
    ['1d', newYorkDays, 365, { tz: 'America/New_York' }],
    ['1d', havanaDays, 365, { tz: 'America/Havana' }],
  ]

  describe.each(CASES)('bars of %s (%#)', (every, grid, year, also) => {
    test.each([
      ['BTC', 'alpha', 'USD'],
      ['BTC', 'alpha', 'USDT'],
      ['BTC', 'beta', 'USD'],
    ])('all estimators of %s on %s in %s', async (symbol, exchange, quote) => {
      const bars = barsBy(grid, found(symbol, exchange, quote).rows)
      // The window begins and ends inside a bar: those two are left out.
      const [from, to] = [START + DAY + 1_800_000, END - 1_800_000]
      const query = { coin: `${symbol}/${quote}@${exchange}`, from: iso(from), to: iso(to), ...also }
      const answer = await ask({ ...query, every: parseEvery(every), estimator: 'all' })
      expect(answer.rows.map((row) => row.estimator)).toEqual(ESTIMATORS)
      const slots = wholeSlots(grid, from, to)
      const there = slots.filter((slot) => bars.has(slot)).length
      for (const row of answer.rows) {
        const wanted = plainly(bars, slots, row.estimator as Estimator)
        expect(row).toMatchObject({
          n: wanted.n,
          n_bars: there,
          missing_bars: slots.length - there,
          annualisation: year,
        })
        expect(row).toMatchObject({ exchange_id: exchange, quote, definition: `volatility-${row.estimator}/1` })
        close(row.per_bar, Math.sqrt(wanted.variance!))
        close(row.volatility, Math.sqrt(wanted.variance! * year))
        expect(row.coverage).toBeCloseTo(there / slots.length, 12)
      }
      if (every === '1h') expect(slots.length - there, 'the data has holes').toBeGreaterThan(0)
    })
  })

  test('mean0 divides the squares by n, and says so', async () => {
    const slots = wholeSlots(utcGrid(HOUR), START + DAY, END)
    const bars = barsBy(utcGrid(HOUR), found('BTC', 'beta', 'USD').rows)
    const [row] = (await ask({ exchange: 'beta', mean0: true })).rows
    close(row!.per_bar, Math.sqrt(plainly(bars, slots, 'mean0').variance!))
    expect(row!.definition).toBe('volatility-close-mean0/1')
    await expect(ask({ mean0: true, estimator: 'parkinson' })).rejects.toMatchObject({ code: 'usage' })
  })

  test('rolling: a row a bar, and no figure where one of the last bars lacks', async () => {
    const grid = utcGrid(HOUR)
    const slots = wholeSlots(grid, START + 5 * DAY, START + 9 * DAY)
    for (const [exchange, name] of [
      ['alpha', 'close'],
      ['alpha', 'rogers-satchell'],
      ['beta', 'yang-zhang'],
    ] as const) {
      const bars = barsBy(grid, found('BTC', exchange, 'USD').rows)
      const window = { from: iso(START + 5 * DAY), to: iso(START + 9 * DAY), exchange, estimator: name }
      const { rows } = await ask({ ...window, rolling: 12 })
      const present = slots.filter((slot) => bars.has(slot))
      expect(rows.map((row) => row.timestamp)).toEqual(present.map((slot) => iso(grid.start(slot))))
      let defined = 0
      for (const [i, slot] of present.entries()) {
        const frame = Array.from({ length: 12 }, (_, j) => slot - 11 + j)
        const wanted = plainly(bars, frame, name)
        expect(rows[i]!.n).toBe(wanted.n)
        expect(rows[i]!.missing_bars).toBe(frame.filter((each) => !bars.has(each)).length)
        close(rows[i]!.per_bar, wanted.n === 12 ? Math.sqrt(wanted.variance!) : null)
        if (wanted.n === 12) defined++
      }
      expect(defined).toBeGreaterThan(10)
      expect(defined).toBeLessThan(rows.length)
    }
  })

  test('the bar that is not over yet is left out', async () => {
    const now = iso(START + 3 * DAY + 90_000)
    const running = await ask({ exchange: 'alpha', to: '2027-01-01T00:00:00Z', now })
    const closed = await ask({ exchange: 'alpha', to: iso(START + 3 * DAY) })
    expect(running.rows[0]).toMatchObject({ per_bar: closed.rows[0]!.per_bar, n: closed.rows[0]!.n, to: now })
  })

  test('two bars give one return, which is no deviation, and few returns warn', async () => {
    const short = await ask({ exchange: 'beta', from: iso(START + DAY), to: iso(START + DAY + HOUR) })
    expect(short.rows[0]).toMatchObject({ volatility: null, per_bar: null, n: 1, n_bars: 1 })
    expect(short.notes.map((n) => n.text)).toContain('beta USD: rests on 1 return')
    const [from, to] = [START + DAY, START + DAY + 7 * HOUR]
    const few = await ask({ exchange: 'beta', from: iso(from), to: iso(to) })
    const bars = barsBy(utcGrid(HOUR), found('BTC', 'beta', 'USD').rows)
    const { n } = plainly(bars, wholeSlots(utcGrid(HOUR), from, to), 'close')
    expect(few.rows[0]!.volatility).not.toBeNull()
    expect(few.notes).toContainEqual({ level: 'warn', text: `beta USD: rests on ${n} returns` })
  })

  test('months are twelve a year, and the days of a year can be others', async () => {
    const months = await ask({
      every: parseEvery('1M'),
      from: '2025-02-01T00:00:00Z',
      to: '2025-04-01T00:00:00Z',
      exchange: 'beta',
    })
    expect(months.rows[0]).toMatchObject({ annualisation: 12, n_bars: 1, missing_bars: 1 })
    const stocks = await ask({ every: parseEvery('1d'), exchange: 'beta', annualDays: 252 })
    expect(stocks.rows[0]!.annualisation).toBe(252)
  })

  test('what cannot be asked', async () => {
    const refused = (query: object) => expect(ask(query)).rejects.toMatchObject({ code: 'usage', exit: 2 })
    await refused({ rolling: 1 })
    await refused({ rolling: 2.5 })
    await refused({ estimator: 'hodges-tompkins' })
    await refused({ from: iso(END), to: iso(START) })
    await refused({ every: parseEvery('1w'), from: iso(START), to: iso(START + 6 * DAY) })
    await refused({ annualDays: 0 })
    const nothing = await ask({ from: '2020-01-01T00:00:00Z', to: '2020-02-01T00:00:00Z' })
    expect(nothing.rows).toEqual([])
    expect(nothing.notes[0]!.text).toContain('try: arxdb coverage BTC')
  })

  describe('laws', () => {
    /** A market of its own, hours from START on. */
    async function fresh(name: string, rows: readonly Bar[]): Promise<void> {
      const invented = { coin: 'cardano', symbol: 'ADA', exchange: name, quote: 'USD', minutes: 60, rows }
      await writeMarkets(database, [invented])
    }
    const walk = (seed: number, length: number): readonly Bar[] => {
      const next = random(seed)
      return Array.from({ length }, (_, i) => {
        const [open, close] = [50 + Math.round(next() * 50), 50 + Math.round(next() * 50)]
        return { at: START + i * HOUR, open, high: Math.max(open, close) + 3, low: Math.min(open, close) - 2, close }
      })
    }
    let made = 0

    test('a price in cents has the volatility of one in dollars', async () => {
      await fc.assert(
        fc.asyncProperty(fc.integer(), fc.integer({ min: 2, max: 1000 }), async (seed, factor) => {
          const rows = walk(seed, 20)
          const scaled = rows.map((b) => ({
            ...b,
            open: b.open * factor,
            high: b.high * factor,
            low: b.low * factor,
            close: b.close * factor,
          }))
          const [one, other] = [`scale${made++}`, `scale${made++}`]
          await fresh(one, rows)
          await fresh(other, scaled)
          const query = { coin: 'ADA', from: iso(START), to: iso(START + DAY), estimator: 'all' } as const
          const [a, b] = [await ask({ ...query, exchange: one }), await ask({ ...query, exchange: other })]
          for (const [i, row] of a.rows.entries()) close(row.volatility, b.rows[i]!.volatility)
        }),
        { numRuns: 5 },
      )
    })

    test('a row before the bar that is carried in, or after the window, changes nothing', async () => {
      const rows = walk(99, 30)
      await fresh('outside', rows.slice(5, 25))
      const query = {
        coin: 'ADA@outside',
        from: iso(START + 6 * HOUR),
        to: iso(START + 25 * HOUR),
        estimator: 'all',
      } as const
      const before = await ask(query)
      expect(before.rows[0]!.n).toBe(19)
      await fresh('outside', [...rows.slice(0, 5), ...rows.slice(25)])
      expect((await ask(query)).rows).toEqual(before.rows)
    })

    test('a price that never moves has none', async () => {
      const flat = Array.from({ length: 40 }, (_, i) => ({
        at: START + i * HOUR,
        open: 0.1,
        high: 0.1,
        low: 0.1,
        close: 0.1,
      }))
      await fresh('flat', flat)
      const { rows } = await ask({ coin: 'ADA@flat', from: iso(START), to: iso(START + 40 * HOUR), estimator: 'all' })
      expect(rows.map((row) => row.volatility)).toEqual([0, 0, 0, 0, 0, 0])
    })
  })

  test('rollups change no digit', async () => {
    const query = { from: iso(START + DAY), to: iso(END), quote: 'any', estimator: 'all' } as const
    const raw: unknown[] = []
    for (const every of ['1h', '4h', '1d'])
      raw.push((await ask({ ...query, every: parseEvery(every), rollup: false })).rows)
    const session = await openSession(database.connection, DEFAULT_LIMITS)
    expect((await refreshRollups(session)).buckets).toBeGreaterThan(100)
    await session.close()
    const rolled: unknown[] = []
    for (const every of ['1h', '4h', '1d']) rolled.push((await ask({ ...query, every: parseEvery(every) })).rows)
    expect(rolled).toEqual(raw)
    // They were read: a wrong one shows.
    const client = await openClient(database.connection)
    await client.query('update arxdb.rollups set close = close * 2 where bucket = $1', [iso(START + 10 * DAY)])
    await client.end()
    expect((await ask({ ...query, every: parseEvery('1h') })).rows).not.toEqual(raw[0])
  })
})
