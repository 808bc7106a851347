// Days, weeks, months and years of zones whose clocks change, and of one that is half an hour off: the bounds are
// written out by hand, what lies between them is summed by brute force.
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openClient } from '../../src/db/connect.ts'
import { DEFAULT_LIMITS } from '../../src/db/session.ts'
import { refreshRollups } from '../../src/storage/rollups.ts'
import { openSession } from '../../src/storage/session.ts'
import { migratedDatabase, type TestDatabase, tiers } from '../servers/databases.ts'
import { type AskRows, asking, putBars, putTicks } from './facts.ts'
import {
  type Bar,
  candleOf,
  closes,
  HOUR,
  iso,
  MINUTE,
  type Micros,
  micros,
  partsOf,
  quotient,
  scaled,
  type Tick,
  twapOf,
  vwapOf,
} from './oracle.ts'

const STANDS = 3n * HOUR

interface Case {
  readonly every: string
  readonly tz: string
  /** As the user writes it. */
  readonly range: readonly string[]
  readonly from: string
  readonly to: string
  /** Width of the stored candles in minutes, and their name. */
  readonly bars: readonly [bigint, string]
  readonly bounds: readonly string[]
}

const NEW_YORK = 'America/New_York'
const day = (date: string, offset: string): string => `${date}T00:00:00${offset}`

const CASES: Readonly<Record<string, Case>> = {
  'a day of 23 hours': {
    ...{ every: '1d', tz: NEW_YORK, range: ['--from', '2025-03-08', '--to', '2025-03-11'] },
    ...{ from: day('2025-03-08', '-05:00'), to: day('2025-03-11', '-04:00'), bars: [30n, '30m'] },
    bounds: [
      day('2025-03-08', '-05:00'),
      day('2025-03-09', '-05:00'),
      day('2025-03-10', '-04:00'),
      day('2025-03-11', '-04:00'),
    ],
  },
  'a day of 25 hours, cut at both ends': {
    ...{ every: '1d', tz: NEW_YORK, range: ['--from', '2025-11-01T10:07:03', '--to', '2025-11-03T05:00:30'] },
    ...{ from: '2025-11-01T10:07:03-04:00', to: '2025-11-03T05:00:30-05:00', bars: [15n, '15m'] },
    bounds: [
      day('2025-11-01', '-04:00'),
      day('2025-11-02', '-04:00'),
      day('2025-11-03', '-05:00'),
      day('2025-11-04', '-05:00'),
    ],
  },
  'hours go on by length through the change': {
    ...{ every: '4h', tz: NEW_YORK, range: ['--from', '2025-11-02', '--to', '2025-11-03'] },
    ...{ from: day('2025-11-02', '-04:00'), to: day('2025-11-03', '-05:00'), bars: [15n, '15m'] },
    bounds: Array.from({ length: 8 }, (_, i) => iso(micros('2025-11-02T04:00:00Z') + BigInt(4 * i) * HOUR)),
  },
  'weeks from Monday over the spring change': {
    ...{ every: '1w', tz: NEW_YORK, range: ['--from', '2025-03-05', '--to', '2025-03-19'] },
    ...{ from: day('2025-03-05', '-05:00'), to: day('2025-03-19', '-04:00'), bars: [60n, '1h'] },
    bounds: [
      day('2025-03-03', '-05:00'),
      day('2025-03-10', '-04:00'),
      day('2025-03-17', '-04:00'),
      day('2025-03-24', '-04:00'),
    ],
  },
  'the month of March 2025 there': {
    ...{ every: '1M', tz: NEW_YORK, range: ['--from', '2025-03'] },
    ...{ from: day('2025-03-01', '-05:00'), to: day('2025-04-01', '-04:00'), bars: [60n, '1h'] },
    bounds: [day('2025-03-01', '-05:00'), day('2025-04-01', '-04:00')],
  },
  'the month of November 2025 there, by weeks': {
    ...{ every: '1w', tz: NEW_YORK, range: ['--from', '2025-11'] },
    ...{ from: day('2025-11-01', '-04:00'), to: day('2025-12-01', '-05:00'), bars: [60n, '1h'] },
    bounds: [
      day('2025-10-27', '-04:00'),
      ...['2025-11-03', '2025-11-10', '2025-11-17', '2025-11-24', '2025-12-01'].map((date) => day(date, '-05:00')),
    ],
  },
  'days on the half hour': {
    ...{ every: '1d', tz: 'Asia/Kolkata', range: ['--from', '2025-06-01', '--to', '2025-06-03T12:00'] },
    ...{ from: day('2025-06-01', '+05:30'), to: '2025-06-03T12:00:00+05:30', bars: [30n, '30m'] },
    bounds: ['2025-06-01', '2025-06-02', '2025-06-03', '2025-06-04'].map((date) => day(date, '+05:30')),
  },
  'clocks that change by half an hour, in spring': {
    ...{ every: '1d', tz: 'Australia/Lord_Howe', range: ['--from', '2025-10-04', '--to', '2025-10-07'] },
    ...{ from: day('2025-10-04', '+10:30'), to: day('2025-10-07', '+11:00'), bars: [30n, '30m'] },
    bounds: [
      day('2025-10-04', '+10:30'),
      day('2025-10-05', '+10:30'),
      day('2025-10-06', '+11:00'),
      day('2025-10-07', '+11:00'),
    ],
  },
  'clocks that change by half an hour, in autumn': {
    ...{ every: '1w', tz: 'Australia/Lord_Howe', range: ['--from', '2025-04-01', '--to', '2025-04-09'] },
    ...{ from: day('2025-04-01', '+11:00'), to: day('2025-04-09', '+10:30'), bars: [30n, '30m'] },
    bounds: [day('2025-03-31', '+11:00'), day('2025-04-07', '+10:30'), day('2025-04-14', '+10:30')],
  },
  'a midnight that does not exist': {
    ...{ every: '1d', tz: 'America/Sao_Paulo', range: ['--from', '2018-11-03', '--to', '2018-11-06'] },
    ...{ from: day('2018-11-03', '-03:00'), to: day('2018-11-06', '-02:00'), bars: [60n, '1h'] },
    bounds: [
      day('2018-11-03', '-03:00'),
      '2018-11-04T01:00:00-02:00',
      day('2018-11-05', '-02:00'),
      day('2018-11-06', '-02:00'),
    ],
  },
  'a leap February by months': {
    ...{ every: '1M', tz: 'UTC', range: ['--from', '2024-01-30', '--to', '2024-03-02'] },
    ...{ from: day('2024-01-30', 'Z'), to: day('2024-03-02', 'Z'), bars: [60n, '1h'] },
    bounds: ['2024-01-01', '2024-02-01', '2024-03-01', '2024-04-01'].map((date) => day(date, 'Z')),
  },
  'a leap February of a zone': {
    ...{ every: '1M', tz: 'Asia/Kolkata', range: ['--from', '2024-02'] },
    ...{ from: day('2024-02-01', '+05:30'), to: day('2024-03-01', '+05:30'), bars: [30n, '30m'] },
    bounds: [day('2024-02-01', '+05:30'), day('2024-03-01', '+05:30')],
  },
  'years of a zone': {
    ...{ every: '1y', tz: NEW_YORK, range: ['--from', '2023-12-30', '--to', '2024-01-02'] },
    ...{ from: day('2023-12-30', '-05:00'), to: day('2024-01-02', '-05:00'), bars: [60n, '1h'] },
    bounds: [day('2023-01-01', '-05:00'), day('2024-01-01', '-05:00'), day('2025-01-01', '-05:00')],
  },
  'weeks over a new year, in UTC': {
    ...{ every: '1w', tz: 'UTC', range: ['--from', '2024-12-28', '--to', '2025-01-08'] },
    ...{ from: day('2024-12-28', 'Z'), to: day('2025-01-08', 'Z'), bars: [60n, '1h'] },
    bounds: ['2024-12-23', '2024-12-30', '2025-01-06', '2025-01-13'].map((date) => day(date, 'Z')),
  },
}

/** Where midnight comes twice a day begins with the first of them, and lasts 25 hours. */
const TWICE: Readonly<Record<string, Case>> = {
  'in Havana': {
    ...{ every: '1d', tz: 'America/Havana', range: ['--from', '2025-11-01', '--to', '2025-11-04'] },
    ...{ from: day('2025-11-01', '-04:00'), to: day('2025-11-04', '-05:00'), bars: [60n, '1h'] },
    bounds: [
      day('2025-11-01', '-04:00'),
      day('2025-11-02', '-04:00'),
      day('2025-11-03', '-05:00'),
      day('2025-11-04', '-05:00'),
    ],
  },
  'on the Azores, where the window begins': {
    ...{ every: '1d', tz: 'Atlantic/Azores', range: ['--from', '2025-10-26', '--to', '2025-10-28'] },
    ...{ from: day('2025-10-26', '+00:00'), to: day('2025-10-28', '-01:00'), bars: [60n, '1h'] },
    bounds: [day('2025-10-26', '+00:00'), day('2025-10-27', '-01:00'), day('2025-10-28', '-01:00')],
  },
}

const price = (i: number): string => `${100 + ((i * 7919) % 389)}.${(i * 104_729) % 9973}`

/** A tick every 47 minutes and some, with a hole now and then that is longer than a price stands. */
const ticksOf = (from: Micros, to: Micros): readonly Tick[] =>
  Array.from({ length: Number((to - from) / (47n * MINUTE)) + 20 }, (_, i) => ({
    at: from - 6n * HOUR + BigInt(i) * 47n * MINUTE + BigInt((i * i) % 61_000_001),
    price: price(i),
  })).filter((_, i) => i % 37 < 31)

const barsOf = (from: Micros, to: Micros, width: Micros): readonly Bar[] => {
  const first = from - (from % width) - width
  return Array.from({ length: Number((to - first) / width) + 3 }, (_, i) => ({
    at: first + BigInt(i) * width,
    open: price(i),
    high: `${500 + (i % 13)}.5`,
    low: `${90 + (i % 7)}`,
    close: `${100 + (i % 300)}.25`,
    volume: i % 5 === 2 ? null : `${i % 11}.${i % 7}1`,
  })).filter((_, i) => i % 41 !== 7)
}

describe.each(tiers())('on $name', (tier) => {
  let database: TestDatabase
  let client: pg.Client
  let ask: AskRows
  let coins = 0

  beforeAll(async () => {
    database = await migratedDatabase(tier)
    client = await openClient(database.connection)
    ask = asking(database)
  })
  afterAll(async () => {
    await client?.end()
    await database?.drop()
  })

  async function compare({ every, tz, range, bars: [width, timeframe], ...given }: Case): Promise<void> {
    const coin = `calendar-${++coins}`
    const [from, to] = [micros(given.from), micros(given.to)]
    const [ticks, bars] = [ticksOf(from, to), barsOf(from, to, width * MINUTE)]
    await putTicks(client, { coin, exchange: 'alpha' }, ticks)
    await putBars(client, { coin, exchange: 'alpha' }, timeframe, bars)
    const parts = partsOf(given.bounds.map(micros), from, to)
    const argv = [coin, '--every', every, '--tz', tz, ...range]
    const answers = async (question: string, ...more: string[]) => {
      const { code, rows, stderr } = await ask([question, ...argv, ...more])
      expect({ code, stderr: code ? stderr : '' }).toEqual({ code: 0, stderr: '' })
      // A volume is the sum as the server writes it, with the zeros of what was stored.
      const plain = (volume: unknown) => (typeof volume === 'string' ? quotient(scaled(volume), 1n) : null)
      return rows
        .filter((row) => row.exchange_id === 'alpha')
        .map((row) => ({ ...row, ...('volume' in row && { volume: plain(row.volume) }) }))
    }
    const told = <Row extends object>(find: (from: Micros, to: Micros) => Row | undefined) =>
      parts.flatMap(({ bucket, partial, ...part }) => {
        const found = find(part.from, part.to)
        return found ? [{ timestamp: iso(bucket), partial, ...found }] : []
      })
    const twaps = (rows: readonly Tick[], stands: Micros) =>
      told((a, b) => {
        const { coverage, ...exact } = twapOf(rows, stands, a, b)
        return { ...exact, coverage: expect.closeTo(coverage, 12) }
      })
    expect(await answers('twap', '--max-staleness', '3h')).toMatchObject(twaps(ticks, STANDS))
    expect(await answers('twap', '--basis', 'candles')).toMatchObject(twaps(closes(bars), width * MINUTE))
    expect(await answers('vwap')).toMatchObject(told((a, b) => vwapOf(bars, a, b)))
    for (const [basis, rows] of [
      ['ticks', ticks],
      ['candles', bars],
    ] as const)
      expect(await answers('candles', '--basis', basis)).toMatchObject(told((a, b) => candleOf(rows, a, b)))
  }

  test.each(Object.entries(CASES))('%s', (_, asked) => compare(asked))

  describe('a midnight that comes twice', () => {
    test.each(Object.entries(TWICE))('%s', (_, asked) => compare(asked))
  })

  // Venezuela was half an hour off from December 2007 to May 2016; neither end of this window shows it, nor do the
  // moments between that are looked at.
  describe('an offset that comes and goes inside the window', () => {
    const MIDNIGHT = micros('2010-06-01T00:00:00-04:30')
    const argv = ['--every', '1M', '--tz', 'America/Caracas', '--from', '2007-01', '--to', '2017-01']
    const bar = (at: Micros, close: string): Bar => ({ at, open: close, high: close, low: close, close, volume: '1' })
    beforeAll(async () => {
      await putTicks(client, { coin: 'caracas', exchange: 'alpha' }, [
        { at: MIDNIGHT - 15n * MINUTE, price: '1' },
        { at: MIDNIGHT + 15n * MINUTE, price: '100' },
      ])
      await putBars(client, { coin: 'caracas', exchange: 'alpha' }, '1h', [bar(MIDNIGHT - 30n * MINUTE, '1')])
      const storage = await openSession(database.connection, DEFAULT_LIMITS)
      await refreshRollups(storage).finally(() => storage.close())
    })
    const closesOf = async (...more: string[]) =>
      (await ask(['candles', 'caracas', ...argv, ...more])).rows.map((row) => [row.timestamp, row.close])
    const MONTHS = [
      ['2010-05-01T04:30:00Z', '1'],
      ['2010-06-01T04:30:00Z', '100'],
    ]

    test('raw prices are in their own month', async () => expect(await closesOf('--no-rollup')).toEqual(MONTHS))

    test('so are those of an hour that is rolled up', async () => expect(await closesOf()).toEqual(MONTHS))

    test('an hour that lies in two months is no basis', async () =>
      expect(await ask(['candles', 'caracas', ...argv, '--basis', 'candles'])).toMatchObject({ code: 1, rows: [] }))
  })

  describe('UTC by another name', () => {
    const argv = ['candles', 'utc-days', '--every', '1d', '--from', '2025-06-01', '--to', '2025-06-02']
    beforeAll(async () => {
      const day = { at: micros('2025-06-01T00:00:00Z'), open: '1', high: '3', low: '1', close: '2', volume: '1' }
      await putBars(client, { coin: 'utc-days', exchange: 'alpha' }, '1d', [day])
    })
    test('UTC', async () =>
      expect(await ask([...argv, '--tz', 'UTC'])).toMatchObject({ code: 0, rows: [{ close: '2' }] }))

    test.each(['utc', 'Etc/UTC', 'GMT'])('%s', async (tz) =>
      expect(await ask([...argv, '--tz', tz])).toMatchObject({ code: 0, rows: [{ close: '2' }] }),
    )
  })
})
