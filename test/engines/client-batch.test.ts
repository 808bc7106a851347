import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Client } from '../../src/client/api.ts'
import { connect } from '../../src/client/client.ts'
import { describeTiers } from '../servers/databases.ts'
import { type Scratch, scratch } from './client-scratch.ts'

const MAKE = `
  create table public.ticks (
    id int, at timestamptz, price numeric not null default 7, doc json, note text, primary key (id, at));
  create table public.kinds (
    n int primary key, txt text, num numeric, f float8, big bigint, flag boolean, at timestamptz, local timestamp,
    bytes bytea, doc jsonb, texts text[], numbers numeric[], docs jsonb[], grid int[]);
  create table public.loose (a int, b int, v text, unique (a, b));
  create table public.parted (id int, at timestamptz, v numeric, primary key (id, at)) partition by range (at);
  create table public.parted_all partition of public.parted for values from (minvalue) to (maxvalue);
  create table public."Odd ""one""" (id int generated always as identity, "a b" text, twice int generated always as (2) stored);
  create view public.seen as select id, at, price from public.ticks;
  create function public.take() returns trigger language plpgsql as
    'begin insert into public.ticks (id, at, price) values (new.id, new.at, new.price); return new; end';
  create trigger take instead of insert on public.seen for each row execute function public.take();
`
const AT = '2025-01-01T00:00:00Z'
const row = (id: number, price: string, note: string | null = null) => ({ id, at: AT, price, doc: { id }, note })

describeTiers('batchInsert', ({ name: tier }) => {
  let db: Scratch
  let client: Client
  const all = (table: string, order = '1') => client.query(`select * from ${table} order by ${order}`)

  beforeAll(async () => {
    db = await scratch(tier)
    const admin = await db.client()
    if (tier !== 'plain') await admin.query('create extension if not exists timescaledb')
    await admin.query(MAKE)
    if (tier !== 'plain') {
      await admin.query(`select create_hypertable('public.ticks', by_range('at', interval '1 day'))`)
    }
    client = await connect(db.url, { pool: { min: 0, max: 4 } })
  })
  afterAll(async () => {
    await client.close()
    await db.drop()
  })

  test('any values of the supported types come back as they went in', async () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 20 }).map((s) => s.replaceAll('\0', ''))
    const odd = fc.constantFrom('\\N', '\\.', "it's", '"quoted"', 'a\tb', 'line\nbreak\r\n', '{}', 'NULL', ',', '\\')
    const texts = fc.oneof(text, odd)
    const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { freq: 6 })
    const decimal = fc
      .tuple(fc.bigInt(-(10n ** 30n), 10n ** 30n), fc.integer({ min: 0, max: 30 }))
      .map(([n, scale]) => {
        const digits = (n < 0n ? -n : n).toString().padStart(scale + 1, '0')
        const sign = n < 0n ? '-' : ''
        return scale === 0 ? `${sign}${digits}` : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
      })
    const date = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
    const json = fc
      .jsonValue({ maxDepth: 2 })
      .map((value) => JSON.parse(JSON.stringify(value).replaceAll('\\u0000', '')))
    const doc = json.filter((value) => value !== null && typeof value !== 'string')
    const record = fc.record({
      txt: maybe(texts),
      num: maybe(decimal),
      f: maybe(fc.double({ noNaN: true, noDefaultInfinity: true })),
      big: maybe(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)),
      flag: maybe(fc.boolean()),
      at: maybe(date),
      local: maybe(date),
      bytes: maybe(fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes))),
      doc: maybe(doc),
      texts: maybe(fc.array(maybe(texts), { maxLength: 4 })),
      numbers: maybe(fc.array(decimal, { maxLength: 4 })),
      docs: maybe(fc.array(doc, { maxLength: 3 })),
      grid: maybe(
        fc.constantFrom(
          [
            [1, 2],
            [3, 4],
          ],
          [[1], [null]],
        ),
      ),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 30 }), async (records) => {
        await client.query('truncate public.kinds')
        const rows = records.map((values, n) => ({ n, ...values }))
        expect(await client.batchInsert('kinds', rows, { batchSize: 11 })).toMatchObject({ inserted: rows.length })
        const back = await client.query(`
          select n, txt, num::text, f, big::text, flag, (extract(epoch from at) * 1000000)::numeric(30)::text at,
                 (extract(epoch from local at time zone 'UTC') * 1000000)::numeric(30)::text local, bytes, doc, texts, numbers::text[] numbers, docs, grid
          from public.kinds order by n`)
        const seconds = (value: Date | null) => value && microseconds(value)
        const plain = (values: readonly unknown[] | null) => values?.map((v) => v) ?? null
        expect(back).toEqual(
          rows.map((r) => ({
            ...r,
            // -0 in the JSON of a number is 0 in jsonb; float8 keeps it.
            num: r.num === null ? null : expect.toSatisfy((t: string) => sameDecimal(t, r.num!)),
            big: r.big === null ? null : String(r.big),
            at: seconds(r.at),
            local: seconds(r.local),
            texts: plain(r.texts),
            numbers: r.numbers?.map((n) => expect.toSatisfy((t: string) => sameDecimal(t, n))) ?? null,
            doc: r.doc === null ? null : expect.toSatisfy((d: unknown) => sameJson(d, r.doc)),
            docs: r.docs?.map((x) => expect.toSatisfy((d: unknown) => sameJson(d, x))) ?? null,
          })),
        )
      }),
      { numRuns: 40 },
    )
  })

  test('columns left out have their defaults, generated ones stay out, odd names are quoted', async () => {
    await client.batchInsert('"Odd ""one"""', [{ 'a b': 'x' }, { 'a b': null }])
    expect(await all('"Odd ""one"""')).toEqual([
      { id: 1, 'a b': 'x', twice: 2 },
      { id: 2, 'a b': null, twice: 2 },
    ])
  })

  test('a failing batch names its row; the batches before it stay, and the error says so', async () => {
    await client.query('truncate public.ticks')
    const rows = [1, 2, 3, 4, 5].map((id) => row(id, id === 4 ? 'four' : `${id}`))
    const failed = client.batchInsert('public.ticks', rows, { batchSize: 2 })
    await expect(failed).rejects.toMatchObject({
      message: expect.stringMatching(/^row 3: invalid input syntax for type numeric: "four"/),
      detail: expect.stringContaining('1 batches before it are committed: 2 rows inserted'),
    })
    expect(await client.query('select id from public.ticks order by 1')).toEqual([{ id: 1 }, { id: 2 }])
  })

  test('a duplicate is an error unless told otherwise', async () => {
    await client.query('truncate public.ticks')
    await expect(client.batchInsert('ticks', [row(1, '1'), row(1, '2')])).rejects.toThrow(/duplicate key/)
    expect(await all('public.ticks')).toEqual([])
  })

  test('skip keeps the old row, and the first of a batch', async () => {
    await client.query('truncate public.ticks')
    const skip = { onConflict: 'skip', batchSize: 2 } as const
    const first = [row(1, '1'), row(2, '2'), row(3, '3'), row(3, '33')]
    expect(await client.batchInsert('ticks', first, skip)).toEqual({ inserted: 3, skipped: 1, updated: 0, batches: 2 })
    const second = [row(3, '333'), row(4, '4')]
    expect(await client.batchInsert('ticks', second, skip)).toEqual({ inserted: 1, skipped: 1, updated: 0, batches: 1 })
    expect((await all('public.ticks')).map((r) => r.price)).toEqual(['1', '2', '3', '4'])
  })

  test.each(['ticks', 'parted'])('update: the last row wins in %s, and an equal one changes nothing', async (table) => {
    await client.query(`truncate public.${table}`)
    const of = (id: number, v: string | null) => (table === 'ticks' ? row(id, v ?? '0') : { id, at: AT, v })
    const update = { onConflict: 'update' } as const
    await client.batchInsert(table, [of(1, '1'), of(2, '2')])
    const again = [of(1, '1'), of(2, '5'), of(2, '22'), of(3, '3'), of(3, '33')]
    expect(await client.batchInsert(table, again, update)).toEqual({ inserted: 1, skipped: 3, updated: 1, batches: 1 })
    expect(await client.batchInsert(table, again, update)).toMatchObject({ inserted: 0, updated: 0, skipped: 5 })
    const values = (await all(`public.${table}`)).map((r) => r.price ?? r.v)
    expect(values).toEqual(['1', '22', '33'])
  })

  test('update by a unique index whose columns may be null: nulls are never equal', async () => {
    await client.batchInsert('loose', [
      { a: 1, b: null, v: 'x' },
      { a: 1, b: 2, v: 'y' },
    ])
    const more = [
      { a: 1, b: null, v: 'p' },
      { a: 1, b: null, v: 'q' },
      { a: 1, b: 2, v: 'z' },
    ]
    const by = { onConflict: 'update', conflictColumns: ['a', 'b'] } as const
    expect(await client.batchInsert('loose', more, by)).toEqual({ inserted: 2, skipped: 0, updated: 1, batches: 1 })
    expect((await all('public.loose', 'v')).map((r) => r.v)).toEqual(['p', 'q', 'x', 'z'])
    await expect(client.batchInsert('loose', more, { onConflict: 'skip' })).rejects.toThrow('no primary key')
  })

  test('a view takes rows through its trigger, and says that it cannot skip', async () => {
    await client.query('truncate public.ticks')
    const rows = [
      { id: 1, at: AT, price: '1.5' },
      { id: 2, at: AT, price: '2.5' },
    ]
    expect(await client.batchInsert('seen', rows)).toMatchObject({ inserted: 2 })
    expect((await all('public.ticks')).map((r) => r.price)).toEqual(['1.5', '2.5'])
    await expect(client.batchInsert('seen', rows, { onConflict: 'skip' })).rejects.toMatchObject({ exit: 5 })
  })

  test('what cannot be meant is refused before anything is sent', async () => {
    const queries = client.stats().queries
    const rows = [row(9, '1'), { id: 10, at: AT }]
    await expect(client.batchInsert('ticks', rows)).rejects.toThrow(
      'row 1 has other columns than row 0: it lacks price',
    )
    await expect(client.batchInsert('ticks', [row(9, '1')], { batchSize: 10_001 })).rejects.toThrow('more than maxSize')
    await expect(client.batchInsert('nowhere', [row(9, '1')])).rejects.toMatchObject({ code: 'unknown-table' })
    await expect(client.batchInsert('ticks', [{ idd: 1 }])).rejects.toThrow('has no column "idd"')
    expect(await client.batchInsert('ticks', [])).toEqual({ inserted: 0, skipped: 0, updated: 0, batches: 0 })
    expect(client.stats().queries).toBe(queries)
  })

  test('two clients that write the same keys in opposite order both end', async () => {
    await client.query('truncate public.ticks')
    const rows = Array.from({ length: 400 }, (_, id) => row(id, `${id + 1}`))
    const update = { onConflict: 'update', batchSize: 100 } as const
    await client.batchInsert('ticks', rows)
    const [a, b] = await Promise.all([
      client.batchInsert(
        'ticks',
        rows.map((r) => ({ ...r, price: '5' })),
        update,
      ),
      client.batchInsert('ticks', rows.map((r) => ({ ...r, price: '6' })).reverse(), update),
    ])
    expect(a.skipped + a.updated + b.skipped + b.updated).toBe(800)
    expect(await client.query('select count(*) n from public.ticks where price in (5, 6)')).toEqual([{ n: 400 }])
  })

  test('the writer stores by COPY, and a bad row comes back with its batch', async () => {
    await client.query('truncate public.ticks')
    const writer = client.writer('ticks', { maxRows: 10, onConflict: 'skip' })
    for (let id = 0; id < 25; id++) await writer.write(row(id % 20, '1'))
    expect(await writer.flush()).toEqual({ inserted: 20, skipped: 5, updated: 0, batches: 3 })
    await writer.write(row(50, 'bad'))
    await expect(writer.close()).rejects.toMatchObject({ code: 'write-failed', rows: [{ id: 50 }] })
  })
})

const microseconds = (value: Date): string => String(BigInt(value.getTime()) * 1000n)

const normal = (text: string): string =>
  text.includes('.') ? text.replace(/0+$/, '').replace(/\.$/, '').replace(/^-0$/, '0') : text.replace(/^-0$/, '0')
const sameDecimal = (a: string, b: string): boolean => normal(a) === normal(b)

/** jsonb keeps numbers as numeric: -0 becomes 0, and the order of keys is its own. */
const sameJson = (a: unknown, b: unknown): boolean => sorted(a) === sorted(b)
const sorted = (value: unknown): string =>
  JSON.stringify(value, (_, v) =>
    v && typeof v === 'object' && !Array.isArray(v)
      ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1)))
      : v,
  )
