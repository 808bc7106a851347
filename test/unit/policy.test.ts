// Policies as they are written, compared and decided upon, without a database.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Job, Subject, Survey, Table } from '../../src/policy/actual.ts'
import { endsBefore } from '../../src/policy/chunks.ts'
import { cutoffsOf } from '../../src/policy/cutoffs.ts'
import { interval, orderText, segmentText, wordsOf } from '../../src/policy/ddl.ts'
import { differences } from '../../src/policy/differences.ts'
import { columnsIn } from '../../src/policy/order.ts'
import { retentionText, shortened } from '../../src/policy/retention.ts'
import { windowsOf } from '../../src/policy/run/rollups.ts'
import { type TablePolicy, type WrittenPolicy, wantedPolicies } from '../../src/policy/wanted.ts'
import { milliseconds } from '../../src/storage/instant.ts'

const DAY = 86_400

const policy = (written: WrittenPolicy = {}, table = 'candles', tier: Survey['tier'] = 'community'): TablePolicy =>
  wantedPolicies({ [table]: written }, tier).find(
    (one) => one.table === (table.includes('.') ? table : `arxdb.${table}`),
  )!

describe('what is wanted', () => {
  test('without a word: the tables of arxdb, kept for ever, compressed after their ages', () => {
    const wanted = wantedPolicies({}, 'community')
    expect(wanted.map(({ table, compress_after, retain_for }) => [table, compress_after, retain_for])).toEqual([
      ['arxdb.prices', 7 * DAY, null],
      ['arxdb.candles', 3 * DAY, null],
      ['arxdb.analytics', DAY, null],
    ])
  })

  test('where nothing is merged the chunks of candles are wider', () => {
    expect(policy({}, 'candles', 'community')).toMatchObject({ chunk_interval: 30 * DAY, merge_to: 360 * DAY })
    expect(policy({}, 'candles', 'plain')).toMatchObject({ chunk_interval: 90 * DAY })
  })

  test('what is said counts, and the rest stays as usual', () => {
    expect(policy({ orderBy: ['timestamp  DESC'], compressAfter: 'never', retainFor: '52w' })).toEqual({
      ...policy(),
      order_by: ['timestamp desc'],
      compress_after: null,
      retain_for: 364 * DAY,
      // A quarter of what is kept, in whole chunks.
      merge_to: 90 * DAY,
    })
    expect(policy({ orderBy: ['At asc', 'Id DESC'] }, 'public.t').order_by).toEqual(['At', 'Id desc'])
  })

  test.each<[WrittenPolicy, number | null]>([
    [{}, 360 * DAY],
    [{ retainFor: '90d' }, null],
    [{ retainFor: '240d' }, 60 * DAY],
    [{ retainFor: { '1m': '240d', '*': 'forever' } }, 60 * DAY],
    [{ chunkInterval: '7d' }, 357 * DAY],
    [{ mergeTo: 'never' }, null],
    [{ mergeTo: '90d' }, 90 * DAY],
    [{ mergeTo: '30d' }, null],
  ])('%j is merged to %s seconds', (written, merge_to) => {
    expect(policy(written).merge_to).toBe(merge_to)
  })

  test.each<[string, WrittenPolicy, RegExp]>([
    ['candles', { mergeTo: '100d' }, /no multiple/],
    ['candles', { chunkInterval: '10m' }, /below an hour/],
    ['candles', { chunkInterval: '90m' }, /whole hours/],
    ['candles', { retainFor: '5m' }, /below an hour/],
    ['candles', { retainFor: { '1 minute': '5d' } }, /no timeframe/],
    ['candles', { retainFor: { '0m': '5d' } }, /no timeframe/],
    ['candles', { retainFor: { '01h': '5d' } }, /no timeframe/],
    ['candles', { retainFor: { tick: '5d' } }, /no timeframe/],
    ['candles', { segmentBy: ['timestamp'] }, /in segmentBy and in orderBy/],
    ['prices', { retainFor: { '1m': '5d' } }, /only candles/],
    ['public.t', { rollups: true }, /rolled up/],
    ['ticks', {}, /no such table/],
    ['"ticks"', {}, /no such table/],
    ['a.b.c', {}, /does not name a table/],
  ])('%s as %j is refused', (table, written, why) => {
    expect(() => wantedPolicies({ [table]: written }, 'community')).toThrow(why)
  })
})

describe('a table that is spelled in several ways', () => {
  const tables = (...names: string[]) =>
    wantedPolicies(Object.fromEntries(names.map((name) => [name, { chunkInterval: '9d' }])), 'plain')
      .filter(({ chunk_interval }) => chunk_interval === 9 * DAY)
      .map(({ table }) => table)

  test.each([
    ['"candles"', 'arxdb.candles'],
    ['arxdb."candles"', 'arxdb.candles'],
    ['"arxdb"."prices"', 'arxdb.prices'],
    ['"public"."ticks"', 'public.ticks'],
    ['public."My Ticks"', 'public.My Ticks'],
    ['"my.schema".t', '"my.schema".t'],
    ['public."a""b"', 'public."a""b"'],
  ])('%s alone is %s', (written, table) => {
    expect(tables(written)).toEqual([table])
  })

  test.each([
    ['candles', 'arxdb.candles', 'arxdb.candles'],
    ['candles', '"candles"', 'arxdb.candles'],
    ['public.ticks', '"public"."ticks"', 'public.ticks'],
  ])('as %s and as %s is an error that shows both', (one, other, table) => {
    expect(() => tables(one, other)).toThrow(
      `the policy names ${table} twice: as ${JSON.stringify(one)} and ${JSON.stringify(other)}`,
    )
  })

  test('letter case makes it another one', () => {
    expect(tables('public.ticks', 'public.Ticks')).toEqual(['public.ticks', 'public.Ticks'])
  })
})

describe('words', () => {
  test('of both generations say the same', () => {
    const wanted = policy({ segmentBy: [], mergeTo: 'never' })
    for (const columnstore of [true, false]) {
      const sql = wordsOf({ columnstore }).settings('"arxdb"."candles"', wanted)
      expect(sql).toContain(`segmentby = ''`)
      expect(sql).toContain(`orderby = '"timestamp"'`)
      expect(sql).toContain(`compress_chunk_time_interval = '0'`)
      expect(sql.includes('columnstore')).toBe(columnstore)
    }
    expect(wordsOf({ columnstore: false }).compressAfter('"t"', 7 * DAY)).toBe(
      `select add_compression_policy('"t"', compress_after => interval '7 days')`,
    )
    expect(wordsOf({ columnstore: true }).compressAfter('"t"', 7 * DAY)).toBe(
      `call add_columnstore_policy('"t"', after => interval '7 days')`,
    )
  })

  test('quote what has a quote in it', () => {
    expect(segmentText({ ...policy(), segment_by: ['a"b', `c'd`] })).toBe(`"a""b", "c'd"`)
    expect(wordsOf({ columnstore: true }).settings(`"it's"`, { ...policy(), segment_by: [`c'd`] })).toContain(
      `'"c''d"'`,
    )
    expect(wordsOf({ columnstore: true }).neverCompress(`"it's"`)).toBe(`call remove_columnstore_policy('"it''s"')`)
  })

  test.each([
    [1, "interval '1 second'"],
    [90, "interval '90 seconds'"],
    [5400, "interval '90 minutes'"],
    [3600, "interval '1 hour'"],
    [36 * 3600, "interval '36 hours'"],
    [364 * DAY, "interval '364 days'"],
  ])('%i seconds are %s', (seconds, text) => {
    expect(interval(seconds)).toBe(text)
  })

  test('a list of columns is read back as it was written', () => {
    const column = fc.string({ minLength: 1, maxLength: 12 }).filter((s) => !/[\s\0]/.test(s))
    const order = fc.tuple(column, fc.boolean()).map(([name, desc]) => (desc ? `${name} desc` : name))
    fc.assert(
      fc.property(fc.uniqueArray(order, { maxLength: 4 }), (order_by) => {
        expect(columnsIn(orderText({ ...policy(), order_by }))).toEqual(order_by)
      }),
    )
    expect(columnsIn('market_id, "Time" DESC NULLS LAST')).toEqual(['market_id', 'Time desc'])
    expect(columnsIn(null)).toEqual([])
  })
})

describe('retention', () => {
  const length = fc.option(fc.integer({ min: 3600, max: 1000 * DAY }), { nil: null })
  const retention = fc.record({
    retain_for: length,
    retain_by: fc.dictionary(fc.constantFrom('1m', '1h', '1d'), length),
  })
  const kept = (one: { retain_for: number | null; retain_by: Record<string, number | null> }, timeframe: string) =>
    (timeframe in one.retain_by ? one.retain_by[timeframe]! : one.retain_for) ?? Infinity

  test('is shorter exactly when some timeframe goes sooner', () => {
    fc.assert(
      fc.property(retention, retention, (now, before) => {
        // `5m` is in no policy: it stands for all that are not named.
        const sooner = ['1m', '1h', '1d', '5m'].some((timeframe) => kept(now, timeframe) < kept(before, timeframe))
        expect(shortened(now, before)).toBe(sooner)
      }),
    )
    expect(shortened(policy({ retainFor: '90d' }), undefined)).toBe(true)
    expect(shortened(policy(), undefined)).toBe(false)
  })

  test('takes a chunk as a whole only when the longest kept of what it may hold is over', () => {
    fc.assert(
      fc.property(
        retention,
        fc.uniqueArray(fc.constantFrom('1m', '1h', '1d', '5m')),
        fc.integer({ min: 0 }),
        (r, held, now) => {
          const cut = cutoffsOf({ ...policy(), ...r }, held, now)
          const timeframes = Object.keys(r.retain_by).length === 0 ? ['all'] : held
          const longest = Math.max(...timeframes.map((timeframe) => kept(r, timeframe)), -Infinity)
          const whole = Number.isFinite(longest) ? now - longest * 1000 : undefined
          expect(cut.whole).toBe(whole)
          for (const { timeframe, cutoff } of cut.by) expect(cutoff).toBe(now - kept(r, timeframe) * 1000)
        },
      ),
    )
  })

  test('is told in words', () => {
    expect(retentionText(policy())).toBe('forever')
    expect(retentionText(policy({ retainFor: { '1m': '90d', '1h': '36h', '*': 'forever' } }))).toBe(
      '1m: 90d, 1h: 1d12h, others: forever',
    )
  })
})

describe('differences', () => {
  const table: Table = {
    ...{
      relation: '"arxdb"."candles"',
      kind: 'hypertable',
      time_column: 'timestamp',
      time_type: 'timestamp with time zone',
    },
    ...{
      chunk_interval: 30 * DAY,
      columnstore: true,
      segment_by: 'market_id',
      order_by: '"timestamp"',
      merge_to: 360 * DAY,
    },
  }
  const job: Job = {
    ...{ relation: '"arxdb"."candles"', job_id: 1000, proc: 'policy_compression', after: 3 * DAY, scheduled: true },
    ...{
      schedule_interval: 43_200,
      next_start: null,
      last_run: null,
      last_success: null,
      last_status: null,
      failures: 0,
    },
    ...{ last_error: null, last_error_at: null, held_until: null },
  }
  const subject = (changes: Partial<Subject> = {}): Subject => ({
    ...{ policy: policy(), facts: 'candles', relation: table.relation, table, jobs: [job], applied: policy() },
    ...changes,
  })
  const steps = (changes: Partial<Subject> = {}, tier: Survey['tier'] = 'community') =>
    differences({
      ...{ tier, columnstore: true, now: '2026-01-01T00:00:00Z', subjects: [subject(changes)], forgotten: [] },
      timeframes: ['7m'],
    })
  const settings = (changes: Partial<Subject>) => steps(changes).map(({ setting }) => setting)

  test('are none where all is as wanted', () => {
    expect(steps()).toEqual([])
  })

  test('each thing that differs is one step', () => {
    expect(settings({ jobs: [] })).toEqual(['compress_after'])
    expect(settings({ jobs: [{ ...job, scheduled: false }] })).toEqual(['compress_after'])
    expect(settings({ jobs: [{ ...job, after: DAY }] })).toEqual(['compress_after'])
    expect(settings({ jobs: [job, { ...job, proc: 'policy_retention' }] })).toEqual(['retain_for'])
    expect(settings({ table: { ...table, chunk_interval: DAY } })).toEqual(['chunk_interval'])
    expect(settings({ table: { ...table, columnstore: false } })).toEqual(['columnstore'])
    expect(settings({ table: { ...table, order_by: '"timestamp" DESC' } })).toEqual(['columnstore'])
    expect(settings({ applied: undefined })).toEqual(['recorded'])
  })

  test('a job is changed in its place, so that it keeps its history', () => {
    const [step] = steps({ jobs: [{ ...job, after: DAY }] })
    expect(step!.sql).toContain('alter_job')
    expect(step!.sql).toContain('job_id = 1000')
  })

  test('a table left alone is written down, and nothing else', () => {
    const off = policy({ enabled: false })
    expect(settings({ policy: off, table: { ...table, kind: 'missing' }, jobs: [] })).toEqual(['recorded'])
  })

  test('only what goes sooner than before shortens', () => {
    const shorter = policy({ retainFor: '90d' })
    expect(
      steps({ policy: shorter })
        .filter((step) => step.shortens)
        .map((step) => step.setting),
    ).toContain('recorded')
    const longer = { policy: shorter, applied: policy({ retainFor: '60d' }) }
    expect(steps(longer).filter((step) => step.shortens)).toEqual([])
    // A job removed by hand comes back without being asked for.
    const again = { policy: shorter, applied: shorter }
    expect(steps(again).map((step) => [step.setting, step.shortens])).toContainEqual(['retain_for', false])
  })

  test('a timeframe that nobody has is refused with those that there are; one that is here is not', () => {
    const of = (timeframe: string) => {
      const by = policy({ retainFor: { [timeframe]: '90d' } })
      return () => steps({ policy: by, applied: by })
    }
    expect(of('60m')).toThrow(
      expect.objectContaining({
        exit: 2,
        message: expect.stringContaining('"60m"'),
        hint: expect.stringMatching(/^write 1s, .*1h, .*, 7m, or \* for the others$/),
      }),
    )
    for (const known of ['1m', '7m', '1M']) expect(of(known)).not.toThrow()
  })

  test('a retention by timeframe is no job of the server', () => {
    const by = policy({ retainFor: { '1m': '90d' } })
    expect(steps({ policy: by, applied: by }).map(({ setting }) => setting)).not.toContain('retain_for')
  })
})

test.each([
  ['2024-01-01T00:00:00.5Z', '2024-01-01T00:00:00.500Z'],
  ['0044-03-15T00:00:00+00 BC', '-000043-03-15T00:00:00.000Z'],
  ['0001-12-31T12:00:00.123456+00 BC', '0000-12-31T12:00:00.123Z'],
  ['0099-01-01T00:00:00Z', '0099-01-01T00:00:00.000Z'],
  ['12024-01-01T00:00:00Z', '+012024-01-01T00:00:00.000Z'],
])('a chunk that ends at %s has ended after it and not before', (upper, iso) => {
  expect(new Date(milliseconds(upper)).toISOString()).toBe(iso)
  const at = Date.parse(iso)
  expect([at - 1, at, at + 1].map((moment) => endsBefore({ upper }, moment))).toEqual([false, false, true])
})

test('a chunk without an end never ends', () => {
  for (const upper of ['infinity', '294276-01-01T00:00:00Z'])
    expect(endsBefore({ upper }, Number.MAX_SAFE_INTEGER)).toBe(false)
  expect(milliseconds('-infinity')).toBe(-Infinity)
})

test('the window of rollups ends and begins where the policy says, and is empty where they are off', () => {
  const now = Date.parse('2026-01-31T00:00:00Z')
  const of = (written: WrittenPolicy) => windowsOf(() => policy(written), now).candles
  expect(of({})).toBe('[,)')
  expect(of({ rollups: false })).toBe('empty')
  expect(of({ enabled: false })).toBe('empty')
  expect(of({ refreshWindow: { start: '30d', end: '1h' } })).toBe('[2026-01-01T00:00:00.000Z,2026-01-30T23:00:00.000Z)')
  expect(of({ refreshWindow: { start: '1h', end: '2h' } })).toBe('empty')
  expect(windowsOf(() => undefined, now)).toEqual({ ticks: '(,)', candles: '(,)' })
})
