// Advice on policies: worked examples, and the laws that hold whatever the figures are.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { advise, entryOf, entryOfAll } from '../../src/policy/advise/advice.ts'
import type { ServerFacts, TableFacts } from '../../src/policy/advise/facts.ts'
import { DAY, fitIntervals, leastFor, type Part, rateOf, STEPS, written } from '../../src/policy/advise/interval.ts'
import { type Arrival, isHistory, lateness, latenessOf } from '../../src/policy/advise/lateness.ts'
import { distinctOf } from '../../src/policy/advise/sample.ts'
import { type Segmenting, segmentAdvice, segments } from '../../src/policy/advise/segments.ts'
import { memorySize, size } from '../../src/policy/advise/words.ts'
import { wantedPolicies } from '../../src/policy/wanted.ts'

const GB = 1024 ** 3

/** Partitions of so many days with so many rows each, newest first, full; 100 bytes a row. */
const parts = (days: number, ...rows: readonly number[]): readonly Part[] =>
  rows.map((count, i) => ({
    lower: -(i + 1) * days * DAY,
    upper: -i * days * DAY,
    rows: count,
    bytes: count * 100,
    covered: days * DAY,
  }))

const SERVER: ServerFacts = {
  tier: 'community',
  memory: 16 * GB,
  locks_per_transaction: 64,
  lock_slots: 6_400,
  autovacuum: true,
}

const table = (facts: Partial<TableFacts> = {}, policy: Partial<TableFacts['policy']> = {}): TableFacts => ({
  policy: { ...wantedPolicies({}, 'community').find((p) => p.table === 'arxdb.candles')!, ...policy },
  configured: true,
  actual: { chunk_interval: null, segment_by: null, order_by: null, compress_after: null },
  time_column: 'timestamp',
  indexes: 1,
  leading: ['market_id'],
  parts: 3,
  span: 90 * DAY,
  recent: parts(30, 30e6, 30e6, 30e6),
  distinct: { market_id: 100 },
  guessed: [],
  arrivals: null,
  ...facts,
})

const setting = (rows: ReturnType<typeof advise>, name: string, of?: string) =>
  rows.find((row) => row.setting === name && (of === undefined || row.table === of))!

describe('rate', () => {
  test('is of the busiest of the newest partitions, in the time of the data', () => {
    expect(rateOf(parts(30, 30_000, 60_000, 30_000, 9e9))).toEqual({
      ...{ rowsPerDay: 2_000, rows: 120_000, parts: 3, confident: true },
      bytesPerRow: 100,
    })
  })

  test('the one being written counts by what it covers, not by its width', () => {
    const [newest] = parts(30, 10_000)
    expect(rateOf([{ ...newest!, covered: 5 * DAY }])!.rowsPerDay).toBe(2_000)
    // A few steps into a wide one, the time between its rows is too short to go by.
    const [, before] = parts(30, 0, 30_000)
    expect(rateOf([{ ...newest!, covered: 5 * DAY }, before!])!.rowsPerDay).toBe(1_000)
    expect(rateOf([{ ...newest!, rows: 40_000, covered: 20 * DAY }, before!])!.rowsPerDay).toBe(2_000)
    // An hour of rows is no rate a day.
    const hour = rateOf([{ ...newest!, covered: 3_600 }])!
    expect(hour).toMatchObject({ rowsPerDay: 10_000, confident: false })
  })

  test('rows nobody counted are as wide as the others', () => {
    const [first, second] = parts(30, 0, 60_000)
    expect(rateOf([{ ...first!, rows: null, bytes: 9_000_000 }, second!])).toMatchObject({ rowsPerDay: 3_000 })
    expect(rateOf([{ ...first!, rows: null, bytes: 9_000_000 }])).toBeUndefined()
    expect(rateOf([])).toBeUndefined()
  })

  test('a few rows are no evidence', () => expect(rateOf(parts(30, 10, 10))!.confident).toBe(false))
})

describe('widths that fit', () => {
  test('the table that takes the most goes down first, and a small one keeps its width', () => {
    const loads = [
      { bytesPerDay: GB, interval: 30 * DAY, least: 0 },
      { bytesPerDay: 1024, interval: 365 * DAY, least: 0 },
    ]
    expect(fitIntervals(loads, 8 * GB)).toEqual([7 * DAY, 365 * DAY])
    expect(fitIntervals(loads, 7 * GB)).toEqual([DAY, 365 * DAY])
  })

  const load = fc.record({
    bytesPerDay: fc.double({ min: 0, max: 1e13, noNaN: true }),
    interval: fc.integer({ min: 1, max: 24 * 400 }).map((hours) => hours * 3_600),
    least: fc.constantFrom(0, ...STEPS),
  })
  const loads = fc.array(load, { minLength: 1, maxLength: 6 })
  const budgets = fc.double({ min: 1, max: 1e14, noNaN: true })
  const taken = (all: readonly { bytesPerDay: number }[], widths: readonly number[]) =>
    all.reduce((sum, { bytesPerDay }, i) => sum + written(bytesPerDay, widths[i]!), 0)

  test('they fit, or none could be narrower; none is wider than it was, or narrower than it may be', () => {
    fc.assert(
      fc.property(loads, budgets, (all, budget) => {
        const widths = fitIntervals(all, budget)
        if (taken(all, widths) > budget)
          for (const [i, width] of widths.entries())
            expect(STEPS.filter((step) => step < width && step >= all[i]!.least)).toEqual([])
        for (const [i, width] of widths.entries()) {
          expect(width).toBeLessThanOrEqual(all[i]!.interval)
          if (width !== all[i]!.interval) expect(STEPS).toContain(width)
          expect(width).toBeGreaterThanOrEqual(Math.min(all[i]!.least, all[i]!.interval))
        }
      }),
    )
  })

  test('more memory never makes one narrower', () => {
    fc.assert(
      fc.property(loads, budgets, budgets, (all, a, b) => {
        const [less, more] = [fitIntervals(all, Math.min(a, b)), fitIntervals(all, Math.max(a, b))]
        for (const [i, width] of less.entries()) expect(more[i]).toBeGreaterThanOrEqual(width)
      }),
    )
  })

  test('what fits stays as it is', () => {
    fc.assert(
      fc.property(loads, (all) => {
        expect(fitIntervals(all, Number.POSITIVE_INFINITY)).toEqual(all.map(({ interval }) => interval))
      }),
    )
  })

  test('no more than a thousand partitions, where a step of a year does', () => {
    fc.assert(
      fc.property(fc.double({ min: 1, max: 365_000 * DAY, noNaN: true }), (span) => {
        expect(span / leastFor(span)).toBeLessThanOrEqual(1_000)
      }),
    )
    expect(leastFor(0)).toBe(3_600)
    expect(leastFor(16 * 365 * DAY)).toBe(7 * DAY)
  })
})

describe('lateness', () => {
  const day = (rows: number, newest: number, oldest: number): Arrival => ({
    rows,
    newest: newest * DAY,
    oldest: oldest * DAY,
  })

  test('rows lie evenly between the oldest and the newest of their import', () => {
    expect(lateness([day(1_000, 0, 1)], 0.995)).toBeCloseTo(0.995 * DAY, 3)
    // 1 % of the rows are 2 to 3 days late: the later half of them is beyond the quantile.
    expect(lateness([day(990, 0, 1), day(10, 2, 3)], 0.995)).toBeCloseTo(2.5 * DAY, 3)
    expect(lateness([], 0.5)).toBe(0)
  })

  test('years at once are history, and so is what is years old; a day, and a month, are not', () => {
    expect(isHistory(day(1, 1, 1_000))).toBe(true)
    expect(isHistory(day(1, 2_000, 2_030))).toBe(true)
    expect(isHistory(day(1, 0.04, 1.04))).toBe(false)
    expect(isHistory(day(1, 1, 32))).toBe(false)
    expect(isHistory(day(1, 30, 80))).toBe(false)
  })

  test('history does not make what comes daily late', () => {
    const daily = Array.from({ length: 30 }, () => day(1_000, 0.1, 1.1))
    const imports = [...daily, day(50e6, 1, 3_000), ...Array.from({ length: 90 }, () => day(1e6, 1_000, 1_030))]
    expect(latenessOf({ imports, seen: { n: 0, late: 0 } })).toMatchObject({
      ...{ days: 2, n: 30, of: 'import', confident: true },
    })
  })

  test('few imports are no evidence, enough rows that say when they were seen are', () => {
    const imports = [day(1_000, 4, 5)]
    expect(latenessOf({ imports, seen: { n: 0, late: 0 } })).toMatchObject({ days: 5, n: 1, confident: false })
    expect(latenessOf({ imports, seen: { n: 5_000, late: 600 } })).toMatchObject({
      ...{ days: 1, n: 5_000, of: 'sampled row', confident: true },
    })
    expect(latenessOf({ imports: [], seen: { n: 0, late: 0 } })).toBeUndefined()
  })

  const arrival = fc
    .record({ rows: fc.integer({ min: 1, max: 1e6 }), newest: fc.integer({ min: -999, max: 1e7 }), span: fc.nat(1e8) })
    .map(({ rows, newest, span }) => ({ rows, newest, oldest: newest + span }))
  const share = fc.double({ min: 0.01, max: 1, noNaN: true })

  test('a larger share is no earlier, none is later than the oldest, and that share of rows is within', () => {
    fc.assert(
      fc.property(fc.array(arrival, { minLength: 1, maxLength: 8 }), share, share, (all, a, b) => {
        const [low, high] = [lateness(all, Math.min(a, b)), lateness(all, Math.max(a, b))]
        expect(low).toBeLessThanOrEqual(high + 1e-6)
        expect(high).toBeLessThanOrEqual(Math.max(0, ...all.map(({ oldest }) => oldest)))
        const total = all.reduce((sum, { rows }) => sum + rows, 0)
        const within = all.reduce(
          (sum, { rows, newest, oldest }) =>
            sum + rows * (high >= oldest ? 1 : Math.max(0, (high - newest) / (oldest - newest))),
          0,
        )
        expect(within / total).toBeGreaterThanOrEqual(Math.max(a, b) - 1e-6)
      }),
    )
  })
})

describe('segments', () => {
  const of = (some: Partial<Segmenting>): Segmenting => ({
    wanted: ['market_id'],
    rowsPerDay: 24_000,
    interval: 30 * DAY,
    merged: 30 * DAY,
    widest: Number.POSITIVE_INFINITY,
    distinct: { market_id: 100, exchange: 4, day: 40 },
    candidates: [],
    needed: false,
    ...some,
  })

  test('a hundred markets by the hour fill batches in a month', () => {
    expect(segmentAdvice(of({}))).toMatchObject({ segment_by: ['market_id'], before: 7_200, why: 'full' })
  })

  test('by the day they do not: chunks are merged as far as needed', () => {
    // 30 rows a market in 30 days, a thousand take 34 such chunks: wider than a year.
    expect(segmentAdvice(of({ rowsPerDay: 100 }))).toMatchObject({ segment_by: [], why: 'drop' })
    // 90 rows a market in 30 days: 12 of them.
    expect(segmentAdvice(of({ rowsPerDay: 300 }))).toMatchObject({ segment_by: ['market_id'], merge_to: 360 * DAY })
    expect(segmentAdvice(of({ rowsPerDay: 300, widest: 90 * DAY })).why).toBe('drop')
    expect(segmentAdvice(of({ rowsPerDay: 300, widest: 90 * DAY, needed: true })).why).toBe('needed')
    expect(segmentAdvice(of({ rowsPerDay: 1_000 }))).toMatchObject({ why: 'thin', before: 300 })
  })

  test('where none is wanted, the finest that fills batches', () => {
    const candidates = ['exchange', 'market_id', 'unheard']
    expect(segmentAdvice(of({ wanted: [], candidates })).segment_by).toEqual(['market_id'])
    expect(segmentAdvice(of({ wanted: [], candidates, rowsPerDay: 1_000 })).segment_by).toEqual(['exchange'])
    expect(segmentAdvice(of({ wanted: [], candidates, rowsPerDay: 10 }))).toMatchObject({ segment_by: [], why: 'none' })
  })

  test('what is not known is kept', () => expect(segmentAdvice(of({ wanted: ['side'] })).why).toBe('unknown'))

  test('never chosen or merged for less than full batches, nor kept below a hundred without a reason', () => {
    const some = fc.record({
      wanted: fc.constantFrom([], ['market_id'], ['exchange', 'day'], ['side']),
      rowsPerDay: fc.double({ min: 0.01, max: 1e7, noNaN: true }),
      interval: fc.constantFrom(...STEPS),
      widest: fc.constantFrom(30 * DAY, 90 * DAY, Number.POSITIVE_INFINITY),
      candidates: fc.constant(['exchange', 'market_id']),
      needed: fc.boolean(),
    })
    fc.assert(
      fc.property(some, (record) => {
        const asked = of({ ...record, merged: record.interval })
        const advice = segmentAdvice(asked)
        if (advice.why === 'choose') expect(advice.after).toBeGreaterThanOrEqual(1_000)
        if (advice.merge_to !== null) {
          expect(advice.merge_to % asked.interval).toBe(0)
          expect(advice.merge_to).toBeLessThanOrEqual(asked.widest)
          expect(advice.after).toBeGreaterThanOrEqual(999.999)
        } else if (advice.segment_by.length > 0 && !['needed', 'unknown'].includes(advice.why))
          expect(advice.after).toBeGreaterThanOrEqual(100)
      }),
    )
  })

  test('there are no more segments than rows', () => {
    expect(segments(['a', 'b'], { a: 100, b: 1_000 }, 500)).toBe(500)
    expect(segments(['a', 'b'], { a: 2, b: 3 }, 500)).toBe(6)
    expect(segments(['c'], {}, 500)).toBeUndefined()
  })
})

describe('values in a sample', () => {
  test('all rows are counted, a sample without repeats says as many as rows', () => {
    expect(distinctOf(1_000, 20, 0, 1_000)).toBe(20)
    expect(distinctOf(1_000, 20, 0, 1e6)).toBe(20)
    expect(distinctOf(1_000, 1_000, 1_000, 1e6)).toBe(1e6)
    expect(distinctOf(0, 0, 0, 0)).toBe(0)
  })

  test('at least those seen, at most the rows', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.nat(10_000), fc.nat(10_000), fc.nat(1e7), (n, d, f, more) => {
        const kinds = Math.min(n, d)
        const values = distinctOf(n, kinds, Math.min(kinds, f), n + more)
        expect(values).toBeGreaterThanOrEqual(kinds)
        expect(values).toBeLessThanOrEqual(n + more)
      }),
    )
  })
})

describe('advice', () => {
  test('chunks that hold more than their share of memory are made narrower, and the merge stays a multiple', () => {
    // 1 M rows of 100 bytes a day are 2.8 GB in 30 days; a quarter of 4 GB holds 7.
    const rows = advise([table()], { ...SERVER, memory: 4 * GB })
    expect(setting(rows, 'chunk_interval')).toMatchObject({ now: '30d', advised: '7d', change: true, confident: true })
    expect(setting(rows, 'chunk_interval').reason).toContain('1,000,000 rows a day of 100 bytes')
    expect(setting(rows, 'merge_to')).toMatchObject({ now: '360d', advised: '357d', change: true })
    expect(JSON.parse(setting(rows, 'chunk_interval').entry!)).toEqual({ policy: { candles: { chunkInterval: '7d' } } })
  })

  test('what fits is kept', () => {
    const rows = advise([table()], SERVER)
    expect(rows.filter(({ change }) => change)).toEqual([])
    expect(setting(rows, 'chunk_interval').reason).toContain('within 25 % of 16 GB memory')
  })

  test('all tables share the memory', () => {
    const many = ['a', 'b', 'c'].map((name) => table({}, { table: `public.${name}` }))
    const [one, three] = [many.slice(0, 1), many].map((all) => advise(all, { ...SERVER, memory: 12 * GB }))
    expect(setting(one!, 'chunk_interval').change).toBe(false)
    expect(three!.filter((row) => row.setting === 'chunk_interval' && row.change).length).toBe(3)
  })

  test('a wide chunk waits long for its compression, where chunks can be merged', () => {
    const wide = table({ recent: parts(365, 30e6, 30e6) }, { chunk_interval: 365 * DAY, merge_to: null })
    expect(setting(advise([wide], SERVER), 'chunk_interval')).toMatchObject({ advised: '30d', change: true })
    expect(setting(advise([wide], { ...SERVER, tier: 'apache' }), 'chunk_interval').change).toBe(false)
  })

  test('thousands of partitions are made wider, on plain as far as it takes', () => {
    const narrow = table({ parts: 6_000, span: 6_000 * DAY, recent: parts(1, 1e3, 1e3, 1e3) }, { chunk_interval: DAY })
    const rows = advise([narrow], { ...SERVER, tier: 'plain' })
    expect(setting(rows, 'chunk_interval')).toMatchObject({ advised: '7d', change: true })
    expect(rows.map((row) => row.setting)).toEqual(['chunk_interval', 'max_locks_per_transaction'])
    // 6000 partitions with one index each are 12000 locks of 6400.
    expect(setting(rows, 'max_locks_per_transaction')).toMatchObject({ now: '64', advised: '128', entry: null })
    const kept = { chunk_interval: DAY, retain_for: 90 * DAY }
    const short = advise([table({ ...narrow, policy: { ...narrow.policy, ...kept } })], { ...SERVER, tier: 'plain' })
    expect(setting(short, 'chunk_interval').change).toBe(false)
  })

  test('how long rows really stay', () => {
    const policy = { chunk_interval: 90 * DAY, merge_to: null, retain_for: 30 * DAY }
    const [row] = advise([table({}, policy)], { ...SERVER, tier: 'plain' }).filter((r) => r.setting === 'retain_for')
    expect(row).toMatchObject({ now: '30d', change: false })
    expect(row!.reason).toContain('they stay up to 120d')
    const by = advise([table({}, { retain_by: { '1m': 400 * DAY } })], SERVER)
    expect(setting(by, 'retain_for.1m').reason).toContain('up to 760d')
  })

  test('a merge that retention has no room for', () => {
    const rows = advise([table({}, { retain_for: 400 * DAY })], SERVER)
    expect(setting(rows, 'merge_to')).toMatchObject({ now: '360d', advised: '90d', change: true })
  })

  test('late rows put compression off', () => {
    const imports = Array.from({ length: 40 }, () => ({ rows: 500, newest: 5 * DAY, oldest: 6 * DAY }))
    const rows = advise([table({ arrivals: { imports, seen: { n: 0, late: 0 } } })], SERVER)
    expect(setting(rows, 'compress_after')).toMatchObject({ now: '3d', advised: '6d', change: true, n: 40 })
    const few = table({ arrivals: { imports: imports.slice(0, 3), seen: { n: 0, late: 0 } } })
    expect(setting(advise([few], SERVER), 'compress_after')).toMatchObject({ advised: '3d', confident: false, n: 3 })
    expect(setting(advise([few], SERVER), 'compress_after').reason).toContain('not enough evidence, keep')
    expect(setting(advise([table({}, { compress_after: null })], SERVER), 'compress_after').change).toBe(false)
  })

  test('a dropped segment is ordered by', () => {
    const rows = advise([table({ recent: parts(30, 3_000), distinct: { market_id: 3_000 } })], SERVER)
    expect(setting(rows, 'segment_by')).toMatchObject({ advised: 'none', change: true })
    expect(setting(rows, 'order_by')).toMatchObject({ advised: 'market_id, timestamp', change: true })
    const guess = advise(
      [table({ recent: parts(30, 3_000), distinct: { market_id: 3_000 }, guessed: ['market_id'] })],
      SERVER,
    )
    expect(guess.filter(({ change }) => change)).toEqual([])
  })

  test('an empty table is kept, and so is everything that rests on nothing', () => {
    const rows = advise([table({ recent: [], parts: 0, span: 0, distinct: {} })], SERVER)
    expect(rows.length).toBe(5)
    for (const row of rows)
      expect(row).toMatchObject({ change: false, confident: false, n: 0, reason: 'no rows yet: keep', entry: null })
  })

  test('a table without a config has nothing wanted, and is advised all the same', () => {
    const own = table(
      { configured: false, actual: { ...table().actual, chunk_interval: 30 * DAY } },
      { table: 'public.t' },
    )
    const rows = advise([own], { ...SERVER, memory: 4 * GB })
    expect(setting(rows, 'chunk_interval')).toMatchObject({ now: null, actual: '30d', advised: '7d', change: true })
    // What it left out would be as usual, and the usual compresses.
    const asItIs = { chunkInterval: '30d', compressAfter: '3d', segmentBy: ['market_id'], orderBy: ['timestamp'] }
    const narrower = { ...asItIs, chunkInterval: '7d' }
    expect(JSON.parse(setting(rows, 'chunk_interval').entry!)).toEqual({ policy: { 'public.t': narrower } })
    expect(JSON.parse(setting(rows, 'merge_to').entry!)).toEqual({
      policy: { 'public.t': { ...asItIs, mergeTo: '357d' } },
    })
    expect(JSON.parse(entryOfAll(rows)!)).toEqual({ policy: { 'public.t': { ...narrower, mergeTo: '357d' } } })
    expect(entryOfAll(rows.filter(({ change }) => !change))).toBeUndefined()
  })

  test('without autovacuum there are no estimates', () => {
    expect(setting(advise([], { ...SERVER, autovacuum: false }), 'autovacuum')).toMatchObject({
      table: '*',
      advised: 'on',
    })
  })

  test('following it once leaves nothing of it to follow', () => {
    const figures = fc.record({
      tier: fc.constantFrom('plain' as const, 'apache' as const, 'community' as const),
      rows: fc.integer({ min: 1_000, max: 1e9 }),
      memory: fc.integer({ min: 1, max: 512 }),
      interval: fc.constantFrom(...STEPS),
      span: fc.integer({ min: 1, max: 6_000 }),
    })
    fc.assert(
      fc.property(figures, ({ tier, rows, memory, interval, span }) => {
        const server = { ...SERVER, tier, memory: memory * GB, lock_slots: 1e9 }
        const of = (chunk_interval: number) =>
          setting(
            advise([table({ span: span * DAY, recent: parts(30, rows) }, { chunk_interval, merge_to: null })], server),
            'chunk_interval',
          )
        const first = of(interval)
        const days = STEPS.find((step) => first.advised === words(step)) ?? interval
        expect(of(days).change).toBe(false)
      }),
    )
  })
})

const words = (seconds: number): string => (seconds < DAY ? `${seconds / 3_600}h` : `${seconds / DAY}d`)

describe('words', () => {
  test('memory as PostgreSQL takes it', () => {
    expect(memorySize('16GB')).toBe(16 * GB)
    expect(memorySize('1.5 GiB')).toBe(1.5 * GB)
    expect(memorySize('512m')).toBe(GB / 2)
    for (const wrong of ['16', 'GB', '-1GB', '0GB', '16GBs', '']) expect(() => memorySize(wrong)).toThrow(/no amount/)
  })

  test('sizes', () => {
    expect([0, 100, 1024, 1536, 20 * 1024 ** 2, 1.04 * GB, 2 ** 60].map(size)).toEqual([
      ...['0 bytes', '100 bytes', '1.0 kB', '1.5 kB', '20 MB', '1.0 GB', '1024 PB'],
    ])
  })

  test('settings of a table go into one entry', () => {
    const entry = entryOf([
      ['arxdb.candles', { chunkInterval: '7d' }],
      ['arxdb.candles', { mergeTo: '357d' }],
      ['public.t', { segmentBy: ['a'] }],
    ])
    expect(entry).toEqual({
      policy: { candles: { chunkInterval: '7d', mergeTo: '357d' }, 'public.t': { segmentBy: ['a'] } },
    })
  })
})
