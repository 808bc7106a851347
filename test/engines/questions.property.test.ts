// Laws of the questions, on random rows and windows, on a real server, before and after rollups are refreshed.
import fc from 'fast-check'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { candles } from '../../src/core/candles.ts'
import { parseEvery } from '../../src/core/interval.ts'
import { type TwapQuery, type TwapRow, twap } from '../../src/core/twap.ts'
import { vwap } from '../../src/core/vwap.ts'
import { openClient } from '../../src/db/connect.ts'
import { DEFAULT_LIMITS } from '../../src/db/session.ts'
import type { Engine } from '../../src/engines/engine.ts'
import { openEngine } from '../../src/engines/timescaledb/engine.ts'
import { refreshRollups } from '../../src/storage/rollups.ts'
import { openSession, type StorageSession } from '../../src/storage/session.ts'
import { migratedDatabase, type TestDatabase, tiers } from '../servers/databases.ts'
import { bars, cents, ends, MINUTES, money, START, stands, ticks } from './arbitrary.ts'
import { putBars, putTicks } from './facts.ts'
import { type Bar, candleOf, every, HOUR, iso, MINUTE, micros, type Tick } from './oracle.ts'

const NOW = '2026-01-01T00:00:00Z'
const RUNS = { numRuns: 8 }

const near = (actual: number, expected: number): void =>
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(expected)))
const lengthOf = (from: string, to: string): number => Date.parse(to) - Date.parse(from)

describe.each(tiers())('on $name', (tier) => {
  let database: TestDatabase
  let client: pg.Client
  let engine: Engine
  let storage: StorageSession
  let coins = 0

  beforeAll(async () => {
    database = await migratedDatabase(tier)
    client = await openClient(database.connection)
    engine = await openEngine({ connection: database.connection, limits: DEFAULT_LIMITS })
    storage = await openSession(database.connection, DEFAULT_LIMITS)
  })
  afterAll(async () => {
    await engine?.close()
    await storage?.close()
    await client?.end()
    await database?.drop()
  })

  const fresh = () => `coin-${++coins}`
  const ask = async (
    query: Pick<TwapQuery, 'coin' | 'from' | 'to'> & Partial<TwapQuery>,
  ): Promise<readonly TwapRow[]> => (await twap(engine, { now: NOW, ...query })).rows
  const alpha = <Row extends { readonly exchange_id: string | null }>(rows: readonly Row[]): Row | undefined =>
    rows.find(({ exchange_id }) => exchange_id === 'alpha')

  /** The law has to hold on raw rows, on rolled up ones, and again without them. */
  async function throughout(law: (rollup: boolean) => Promise<void>): Promise<void> {
    await law(true)
    await refreshRollups(storage)
    await law(true)
    await law(false)
  }

  test('the average of one price is that price', () =>
    fc.assert(
      fc.asyncProperty(ticks, cents, ends, stands, async (all, price, [from, , to], maxStaleness) => {
        const coin = fresh()
        await putTicks(
          client,
          { coin, exchange: 'alpha' },
          all.map((one) => ({ ...one, price: money(price) })),
        )
        await throughout(async (rollup) => {
          for (const width of [undefined, parseEvery('5h')])
            for (const row of await ask({ coin, from, to, maxStaleness, rollup, every: width }))
              if (row.twap !== null) expect(Number(row.twap)).toBe(price / 100)
        })
      }),
      RUNS,
    ))

  test('a window is the mean of its two parts, weighed by the time in which a price is known', () =>
    fc.assert(
      fc.asyncProperty(ticks, bars, ends, stands, async (all, candles, [from, middle, to], maxStaleness) => {
        const coin = fresh()
        await putTicks(client, { coin, exchange: 'alpha' }, all)
        await putBars(client, { coin, exchange: 'alpha' }, '1m', candles)
        await throughout(async (rollup) => {
          for (const basis of ['ticks', 'candles'] as const) {
            const part = async (a: string, b: string) => {
              const row = alpha(await ask({ coin, from: a, to: b, maxStaleness, rollup, basis }))
              const known = (row?.coverage ?? 0) * lengthOf(a, b)
              return { twap: Number(row?.twap ?? 0), known, n: row?.n_obs ?? 0 }
            }
            const [whole, first, second] = [await part(from, to), await part(from, middle), await part(middle, to)]
            expect(whole.n).toBe(first.n + second.n)
            near(whole.known, first.known + second.known)
            near(whole.twap * whole.known, first.twap * first.known + second.twap * second.known)
          }
        })
      }),
      RUNS,
    ))

  test('coverage is a share, and no average leaves the prices it is of', () =>
    fc.assert(
      fc.asyncProperty(ticks, bars, ends, stands, async (all, candles, [from, , to], maxStaleness) => {
        const coin = fresh()
        await putTicks(client, { coin, exchange: 'alpha' }, all)
        await putBars(client, { coin, exchange: 'alpha' }, '1m', candles)
        const prices = all.map(({ price }) => Number(price))
        await throughout(async (rollup) => {
          for (const width of [undefined, parseEvery('7h'), parseEvery('1d')]) {
            for (const row of await ask({ coin, from, to, maxStaleness, rollup, every: width, basis: 'ticks' })) {
              expect(row.coverage).toBeGreaterThanOrEqual(0)
              expect(row.coverage).toBeLessThanOrEqual(1)
              expect(row.twap === null).toBe(row.coverage === 0)
              if (row.twap === null) continue
              expect(Number(row.twap)).toBeGreaterThanOrEqual(Math.min(...prices))
              expect(Number(row.twap)).toBeLessThanOrEqual(Math.max(...prices))
            }
            for (const row of (await vwap(engine, { coin, from, to, now: NOW, rollup, every: width })).rows) {
              expect(row.coverage).toBeGreaterThanOrEqual(0)
              expect(row.coverage).toBeLessThanOrEqual(1)
              if (row.vwap === null) continue
              expect(Number(row.vwap)).toBeGreaterThanOrEqual(Math.min(...candles.map(({ low }) => Number(low))))
              expect(Number(row.vwap)).toBeLessThanOrEqual(Math.max(...candles.map(({ high }) => Number(high))))
            }
          }
        })
      }),
      RUNS,
    ))

  test('prices ten times as high give figures ten times as high', () =>
    fc.assert(
      fc.asyncProperty(ticks, bars, ends, async (all, candlesOf, [from, , to]) => {
        const [one, ten] = [fresh(), fresh()]
        const times10 = (text: string) => money(Math.round(Number(text) * 1000))
        for (const [coin, scale] of [
          [one, (text: string) => text],
          [ten, times10],
        ] as const) {
          await putTicks(
            client,
            { coin, exchange: 'alpha' },
            all.map(({ at, price }) => ({ at, price: scale(price) })),
          )
          await putBars(
            client,
            { coin, exchange: 'alpha' },
            '1m',
            candlesOf.map(({ at, volume, open, high, low, close }) => ({
              ...{ at, volume, open: scale(open), high: scale(high) },
              ...{ low: scale(low), close: scale(close) },
            })),
          )
        }
        await throughout(async (rollup) => {
          const figures = async (coin: string) => {
            const common = { coin, from, to, rollup, now: NOW }
            const width = { every: parseEvery('4h'), tz: 'UTC' }
            const scaledUp = [
              ...(await twap(engine, { ...common, basis: 'ticks' })).rows.map((row) => row.twap),
              ...(await twap(engine, { ...common, ...width, basis: 'candles' })).rows.map((row) => row.twap),
              ...(await vwap(engine, { ...common, ...width })).rows.map((row) => row.vwap),
              ...(await candles(engine, { ...common, ...width, basis: 'candles' })).rows.flatMap((row) => [
                row.open,
                row.high,
                row.low,
                row.close,
                row.average,
              ]),
            ]
            return scaledUp.map((figure) => (figure === null ? null : Number(figure)))
          }
          const [small, large] = [await figures(one), await figures(ten)]
          expect(large.map((figure) => figure === null)).toEqual(small.map((figure) => figure === null))
          for (const [i, figure] of small.entries()) if (figure !== null) near(large[i]!, figure * 10)
        })
      }),
      RUNS,
    ))

  test('what lies outside the window and its staleness changes nothing', () =>
    fc.assert(
      fc.asyncProperty(ticks, bars, ends, cents, async (all, candlesOf, [from, , to], price) => {
        const coin = fresh()
        const where = { coin, exchange: 'alpha' }
        const [begin, end] = [micros(from), micros(to)]
        const inside = all.filter(({ at }) => at > begin - 5n * MINUTE && at < end)
        const own = candlesOf.filter(({ at }) => at > begin - MINUTE && at < end)
        const kept: readonly Tick[] = inside.length ? inside : [{ at: begin, price: money(price) }]
        await putTicks(client, where, kept)
        await putBars(client, where, '1m', own)
        const answers = async (rollup: boolean) => {
          const common = { coin, from, to, now: NOW, rollup }
          return [
            (await twap(engine, common)).rows,
            (await twap(engine, { ...common, every: parseEvery('90m') })).rows,
            own.length ? (await twap(engine, { ...common, basis: 'candles' })).rows : [],
            own.length ? (await vwap(engine, common)).rows : [],
            (await candles(engine, { ...common, every: parseEvery('1h'), tz: 'UTC' })).rows,
          ]
        }
        const before = await answers(true)
        await putTicks(client, where, [
          ...all.filter(({ at }) => at <= begin - 5n * MINUTE || at >= end),
          ...(all.some(({ at }) => at === end) ? [] : [{ at: end, price: '99999999' }]),
          ...(all.some(({ at }) => at === begin - 5n * MINUTE) ? [] : [{ at: begin - 5n * MINUTE, price: '99999999' }]),
        ])
        await putBars(
          client,
          where,
          '1m',
          candlesOf.filter(({ at }) => at <= begin - MINUTE || at >= end),
        )
        await throughout(async (rollup) => expect(await answers(rollup)).toEqual(before))
      }),
      RUNS,
    ))

  test('the combined average is the mean of the venues', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(ticks, { minLength: 1, maxLength: 3 }),
        ends,
        stands,
        async (venues, [from, , to], maxStaleness) => {
          const coin = fresh()
          for (const [i, all] of venues.entries()) await putTicks(client, { coin, exchange: `venue-${i}` }, all)
          await putTicks(
            client,
            { coin, exchange: 'coingecko' },
            venues[0]!.map(({ at }) => ({ at, price: '99999999' })),
          )
          await throughout(async (rollup) => {
            for (const width of [undefined, parseEvery('1d')]) {
              const rows = await ask({ coin, from, to, maxStaleness, rollup, every: width })
              const own = rows.filter((row) => row.exchange_id?.startsWith('venue-') && row.twap !== null)
              const moments = new Set(own.map((row) => row.timestamp))
              const combined = rows.filter((row) => row.exchange_id === null)
              expect(new Set(combined.map((row) => row.timestamp))).toEqual(moments)
              for (const { timestamp, twap } of combined) {
                const parts = own.filter((row) => row.timestamp === timestamp).map((row) => Number(row.twap))
                near(Number(twap), parts.reduce((sum, part) => sum + part, 0) / parts.length)
              }
            }
          })
        },
      ),
      RUNS,
    ))

  test('hours made of five minutes that are made of minutes are the hours made of minutes', () =>
    fc.assert(
      fc.asyncProperty(bars, ends, async (ones, [first, , last]) => {
        const coin = fresh()
        const five = 5n * MINUTE
        const fives = every(START, five, MINUTES / 5).flatMap((at): Bar[] => {
          const made = candleOf(ones, at, at + five)
          return made ? [{ at, ...made }] : []
        })
        await putBars(client, { coin, exchange: 'alpha' }, '1m', ones)
        await putBars(client, { coin, exchange: 'alpha' }, '5m', fives)
        // A window that cuts a five-minute bar holds other minutes than bars.
        const aligned = (text: string) => iso(START + ((micros(text) - START) / HOUR) * HOUR)
        const [from, to] = [aligned(first), iso(micros(aligned(last)) + HOUR)]
        await throughout(async (rollup) => {
          for (const width of ['1h', '1d']) {
            const made = async (timeframe: string) =>
              (
                await candles(engine, {
                  coin,
                  from,
                  to,
                  now: NOW,
                  tz: 'UTC',
                  every: parseEvery(width),
                  timeframe,
                  rollup,
                })
              ).rows.map(({ timestamp, open, high, low, close, volume, partial }) => ({
                ...{ timestamp, open, high, low, close, partial },
                volume: volume === null ? null : Number(volume),
              }))
            const [fine, coarse] = [await made('1m'), await made('5m')]
            expect(coarse.map((bar) => ({ ...bar, volume: null }))).toEqual(
              fine.map((bar) => ({ ...bar, volume: null })),
            )
            for (const [i, { volume }] of fine.entries()) near(coarse[i]!.volume ?? -1, volume ?? -1)
          }
        })
      }),
      RUNS,
    ))
})
