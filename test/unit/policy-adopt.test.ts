// What is chosen for a hypertable, and the SQL that is made of it: without a server.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addPolicy } from '../../src/config/write.ts'
import { chunkInterval, expectedChunks, segments, timeColumn, usualInterval } from '../../src/policy/adopt/choices.ts'
import type { Column, Facts, Index } from '../../src/policy/adopt/facts.ts'
import { type Chosen, columnstoreSql, entryOf, hypertableSql, stepsOf } from '../../src/policy/adopt/plan.ts'
import { refuseTime } from '../../src/policy/adopt/refusals.ts'
import { wantedPolicies } from '../../src/policy/wanted.ts'

const HOUR = 3_600
const DAY = 24 * HOUR

const column = (name: string, type: string, more: Partial<Column> = {}): Column => ({
  ...{ name, type, kind: type === 'text' ? 'S' : type === 'bigint' ? 'N' : 'D' },
  ...{ nullable: false, generated: false, counted: false, distinct_values: null },
  ...more,
})
const TIME = column('at', 'timestamp with time zone')
const key = (...columns: readonly string[]): Index => ({
  ...{ name: 'k', columns, is_primary: true, is_unique: true, exclusion: false, whole: true, constraint_name: 'k' },
})

const facts = (columns: readonly Column[], indexes: readonly Index[] = [], bytes = 1e9): Facts => ({
  tier: 'community',
  target: { engine: 'timescaledb', server: 150_000 },
  table: {
    ...{ schema: 'public', name: 'ticks', kind: 'r', persistence: 'p', partition: false, inherits: false },
    ...{ extension: null, owned: true, rules: false, row_security: false, published: false, bytes, heap_bytes: bytes },
    ...{ block_bytes: 8192, shared_bytes: 128e6, cache_bytes: 4e9, lock_slots: 6400, timescaledb: 'public' },
  },
  ...{ sql: '"public"."ticks"', columns, indexes, triggers: [], references: [], hypertable: false },
})

const seen = (rows: number, seconds: number, distinct: Record<string, number> = {}) => ({
  ...{ rows, counted: true, from: 0, to: seconds, ranged: true, nulls: 0, infinite: false, distinct },
})

const chosen = (more: Partial<Chosen> = {}): Chosen => ({
  ...{
    facts: facts([TIME]),
    time: TIME,
    seen: seen(1000, 30 * DAY),
    interval: 7 * DAY,
    segmentBy: [],
    orderBy: ['at'],
  },
  ...{ noColumnstore: undefined, sample: undefined, written: undefined, spelled: undefined },
  ...more,
})

describe('the width of a chunk', () => {
  test('is the widest usual one that keeps within the budget, from an hour to a year', () => {
    const size = fc.double({ min: 1, max: 1e15, noNaN: true })
    const law = fc.property(size, fc.double({ min: HOUR, max: 1e9, noNaN: true }), size, (bytes, seconds, budget) => {
      const width = usualInterval(bytes, seconds, budget)
      const usual = [1, 6, 24, 168, 720, 2160, 8760].map((hours) => hours * HOUR)
      expect(usual).toContain(width)
      const of = (interval: number) => (bytes / seconds) * interval
      if (width > HOUR) expect(of(width)).toBeLessThanOrEqual(budget)
      const wider = usual[usual.indexOf(width) + 1]
      if (wider !== undefined) expect(of(wider)).toBeGreaterThan(budget)
    })
    fc.assert(law)
  })

  test.each([
    // 1 GB in a year, a chunk of 128 MB: 30 d have 82 MB, 90 d 247 MB.
    [1e9, 365 * DAY, 30 * DAY],
    [1e12, 365 * DAY, HOUR],
    [1e6, 365 * DAY, 365 * DAY],
    [1e6, 10, 7 * DAY],
  ])('%d bytes in %d s: %d s', (bytes, seconds, width) => {
    expect(chunkInterval(facts([TIME], [], bytes), seen(1e6, seconds), TIME, {})).toBe(width)
  })

  test('is what was said: by the flag, else by the config; a date has whole days', () => {
    const date = column('day', 'date')
    const of = (time: Column, wish: object) => chunkInterval(facts([time]), seen(1e6, DAY), time, wish)
    expect(of(TIME, { chunkInterval: '12h', written: { chunkInterval: '1d' } })).toBe(12 * HOUR)
    expect(of(TIME, { written: { chunkInterval: '1d' } })).toBe(DAY)
    expect(() => of(TIME, { chunkInterval: '90m' })).toThrow('no whole hours')
    expect(() => of(date, { chunkInterval: '12h' })).toThrow('no whole days')
    expect(() => of(column('n', 'bigint'), {})).toThrow('only you know')
    expect(() => of(column('n', 'bigint'), { chunkInterval: '7d' })).toThrow('no number of units')
    expect(of(column('n', 'bigint'), { chunkInterval: '1000' })).toBe(1000)
  })

  test('makes as many chunks as its grid has between the ends', () => {
    expect(expectedChunks({ from: 5, to: 25 }, 10)).toBe(3)
    expect(expectedChunks({ from: 10, to: 19 }, 10)).toBe(1)
    expect(expectedChunks({ from: null, to: null }, 10)).toBe(0)
  })
})

describe('the column of time', () => {
  const ID = column('id', 'bigint')
  const DATE = column('day', 'date')
  test.each([
    ['the only one', [ID, TIME], [key('id')], 'at'],
    ['the one in the key', [DATE, TIME], [key('at')], 'at'],
    ['a number where there is no moment', [column('n', 'bigint')], [], 'n'],
    ['no number that is counted', [column('id', 'bigint', { counted: true }), column('n', 'bigint')], [key('id')], 'n'],
  ])('%s', (_what, columns, indexes, name) => {
    expect(timeColumn(facts(columns, indexes), undefined).name).toBe(name)
  })

  test.each([
    ['two', [DATE, TIME], undefined, 'several columns that can be its time: day, at'],
    ['two in the key', [DATE, TIME], undefined, 'several columns'],
    ['none', [column('a', 'text')], undefined, 'no column that is sure'],
    ['one that may be null', [column('at', 'date', { nullable: true })], undefined, 'no column that is sure'],
    ['none of that name', [TIME], 'when', 'no column "when"'],
    ['a text', [TIME, column('a', 'text')], 'a', 'is no time'],
    ['a generated one', [column('at', 'date', { generated: true })], 'at', 'generated'],
  ])('refused: %s', (_what, columns, named, says) => {
    expect(() => timeColumn(facts(columns, [key('day', 'at')]), named)).toThrow(says)
  })
})

describe('segments', () => {
  const SYMBOL = column('symbol', 'text')
  const VENUE = column('venue', 'text')
  const of = (rows: number, distinct: Record<string, number>, written?: object) =>
    segments(
      facts([SYMBOL, VENUE, TIME, column('note', 'text')], [key('symbol', 'venue', 'at')]),
      seen(rows, 7 * DAY - 1, distinct),
      TIME,
      7 * DAY,
      { written },
    )
  test('are by the column of the key with the fewest values, if they are not too thin', () => {
    expect(of(1e6, { symbol: 20, venue: 5, note: 1 })).toEqual(['venue'])
    expect(of(1e6, { symbol: 5, venue: 20 })).toEqual(['symbol'])
    expect(of(1e3, { symbol: 20, venue: 50 })).toEqual([])
    expect(of(1e6, {})).toEqual([])
    expect(of(1e3, {}, { segmentBy: ['note'] })).toEqual(['note'])
  })
})

test('all keys without the time are named at once, with what cures each', () => {
  const unique = { ...key('b'), name: 'u', is_primary: false, constraint_name: null }
  const act = () => refuseTime(facts([TIME], [key('a'), unique]), TIME, { nulls: 3, infinite: true })
  expect(act).toThrow(
    expect.objectContaining({
      detail: expect.stringMatching(/primary key k lacks at.*unique index u lacks at.*3 rows have no at.*infinity/s),
      hint: expect.stringContaining('drop constraint "k", add primary key ("a", "at")'),
    }),
  )
})

test('names are quoted wherever they go', () => {
  const time = column(`a"t'`, 'date')
  const odd = chosen({ time, segmentBy: [`s'"`], orderBy: [`a"t' desc`] })
  expect(hypertableSql(odd, `"x"."o'c"`)).toContain(
    `'"x"."o''c"'::regclass, "public".by_range('a"t''', interval '7 days')`,
  )
  expect(columnstoreSql(odd, '"x"')).toContain(`segmentby = '"s''"""', timescaledb.orderby = '"a""t''" desc'`)
})

test('without a columnstore there is no step for it, and nothing of it in the entry', () => {
  const without = chosen({ noColumnstore: 'none here' })
  expect(stepsOf(without).map(({ step }) => step)).toEqual(['lock', 'read', 'move', 'compare', 'statistics'])
  expect(stepsOf(chosen()).map(({ step }) => step)).toContain('columnstore')
  expect(entryOf(without)?.policy).toEqual({ chunkInterval: '7d', compressAfter: 'never' })
})

test('the entry is one that a policy can be read from', () => {
  const { name, policy } = entryOf(chosen({ segmentBy: ['symbol'], interval: 6 * HOUR }))!
  const wanted = wantedPolicies({ [name]: policy }, 'community').find(({ table }) => table === 'public.ticks')
  expect(wanted).toMatchObject({ chunk_interval: 6 * HOUR, segment_by: ['symbol'], order_by: ['at'] })
  expect(entryOf(chosen({ time: column('n', 'bigint') }))).toBeUndefined()
  // Under the name that the config has for it: one table is not to be named twice.
  expect(entryOf(chosen({ spelled: '"public".ticks' }))?.name).toBe('"public".ticks')
  // A config file cannot hold such an order.
  expect(entryOf(chosen({ orderBy: ['at time'] }))?.policy).not.toHaveProperty('orderBy')
})

describe('the config file', () => {
  const inFolder = async (body: (folder: string) => Promise<void>) => {
    const folder = mkdtempSync(join(tmpdir(), 'arxdb-policy-'))
    await body(folder).finally(() => rmSync(folder, { recursive: true }))
  }
  const POLICY = { chunkInterval: '7d' }

  test('is made, or merged into, and keeps its mode and its link', () =>
    inFolder(async (folder) => {
      const file = join(folder, 'arxdb.json')
      await addPolicy(file, 'public.ticks', POLICY)
      expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ policy: { 'public.ticks': POLICY } })
      writeFileSync(join(folder, 'real.json'), '\uFEFF{"timeout":"5s"}', { mode: 0o600 })
      const link = join(folder, 'link.json')
      symlinkSync(join(folder, 'real.json'), link)
      await addPolicy(link, 'public.ticks', POLICY)
      const text = readFileSync(join(folder, 'real.json'), 'utf8')
      expect(text).toBe(`${JSON.stringify({ timeout: '5s', policy: { 'public.ticks': POLICY } }, undefined, 2)}\n`)
      expect(statSync(join(folder, 'real.json')).mode & 0o777).toBe(0o600)
      expect(readdirSync(folder).sort()).toEqual(['arxdb.json', 'link.json', 'real.json'])
    }))

  test('stays as it is where the result would be wrong', () =>
    inFolder(async (folder) => {
      const file = join(folder, 'arxdb.json')
      for (const text of ['{"timeout":"5 parsecs"}', '{', '{"policy":{"public.ticks":{"chunkInterval":7}}}']) {
        writeFileSync(file, text)
        const wrong = { chunkInterval: 'often' }
        await expect(addPolicy(file, 'public.ticks', text.includes('7}') ? wrong : POLICY)).rejects.toThrow()
        expect(readFileSync(file, 'utf8')).toBe(text)
        expect(readdirSync(folder)).toEqual(['arxdb.json'])
      }
    }))
})
