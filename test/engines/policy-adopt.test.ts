// Tables of the user's own that become hypertables: every row stays what it was, or nothing changes.
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { identifier, identifiers } from '../../src/db/identifier.ts'
import { ArxError } from '../../src/errors.ts'
import { adoptTable, planAdoption } from '../../src/policy/adopt/adopt.ts'
import { readFacts } from '../../src/policy/adopt/facts.ts'
import { survey } from '../../src/policy/adopt/survey.ts'
import { openSession } from '../../src/storage/session.ts'
import { type Ended, session } from '../cli/session.ts'
import { describeTiers, type TestDatabase, tiers } from '../servers/databases.ts'
import { type Scratch, scratch } from './client-scratch.ts'

/** Everything that is in a table, in an order of its own. */
async function dump(client: pg.Client, table: string): Promise<readonly string[]> {
  const { rows } = await client.query(
    `select (one.*)::text as row from ${table} as one order by (one.*)::text collate "C"`,
  )
  return rows.map(({ row }) => row)
}

const TICKS = `
  create table ticks (symbol text not null, at timestamptz not null, price numeric, primary key (symbol, at));
  insert into ticks select 's' || i % 20, timestamptz '2024-01-01' + i * interval '1 minute', i / 7.0
    from generate_series(1, 30000) as i`

const LIMITS = { statementTimeoutMs: 0, lockTimeoutMs: 1_000, command: 'test' }

const adopt = async (database: TestDatabase, table: string, wish: object = {}) => {
  const plan = await planAdoption(database.connection, { table, ...wish })
  return { plan, report: await adoptTable(database.connection, plan) }
}

async function refusal(work: Promise<unknown>): Promise<ArxError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(ArxError)
  return error as ArxError
}

describe.each(tiers().filter(({ name }) => name !== 'plain'))('on $name', ({ name: tier }) => {
  let database: Scratch
  let client: pg.Client
  let folder: string

  beforeAll(async () => {
    database = await scratch(tier)
    client = await database.client()
    folder = mkdtempSync(join(tmpdir(), 'arxdb-adopt-'))
    await client.query('create extension timescaledb')
    await client.query(`
      create function stamp() returns trigger language plpgsql as $$ begin new.v := 99; return new; end $$;
      create function tell() returns trigger language plpgsql as $$ begin insert into told values (tg_name); return null; end $$;
      create table told (trigger_name text)`)
  })
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true })
    await database?.drop()
  })

  const one = async (sql: string): Promise<unknown> => Object.values((await client.query(sql)).rows[0] as object)[0]
  const isHypertable = (name: string) =>
    one(`select exists (select from timescaledb_information.hypertables where hypertable_name = '${name}')`)
  const arxdb = (argv: readonly string[], options: object = {}): Promise<Ended> =>
    session(['policy', 'adopt', ...argv], {
      cwd: folder,
      env: { DATABASE_URL: database.url, HOME: folder, ARXDB_HOME: join(folder, 'local') },
      ...options,
    })
  const make = async (sql: string, ...names: readonly string[]): Promise<void> => {
    for (const name of names) await client.query(`drop table if exists ${name} cascade`)
    await client.query(sql)
  }

  test('the plan says what will run, and changes nothing', async () => {
    await make(TICKS, 'ticks')
    const before = await dump(client, 'ticks')
    const tables = () => one('select count(*)::int from pg_class')
    const there = await tables()
    const { code, stdout, stderr } = await arxdb(['ticks', '--dry-run', '-o', 'json'])
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('30,000 rows') })
    const rows = JSON.parse(stdout) as Record<string, unknown>[]
    const columnstore = tier === 'community' ? ['columnstore'] : []
    expect(rows.map(({ step }) => step)).toEqual([
      'lock',
      'read',
      'move',
      'compare',
      ...columnstore,
      'statistics',
      'config',
    ])
    const move = rows.find(({ step }) => step === 'move')!
    expect(move).toMatchObject({ rows: 30_000, lock: 'AccessExclusiveLock', basis: 'counted' })
    expect(move.bytes).toBe(await one(`select pg_total_relation_size('ticks')::int`))
    expect(move.seconds).toBeGreaterThan(0)
    if (tier === 'community') {
      const { bytes } = rows.find(({ step }) => step === 'columnstore') as { bytes: number }
      expect(bytes).toBeGreaterThan(0)
      expect(bytes).toBeLessThan(move.bytes as number)
    } else expect(stderr).toContain('Community edition')
    expect(await isHypertable('ticks')).toBe(false)
    expect(await dump(client, 'ticks')).toEqual(before)
    expect(await tables()).toBe(there)
  })

  test('what the plan says of the compressed size is near to what it becomes', async ({ skip }) => {
    if (tier !== 'community') skip()
    await make(TICKS, 'ticks')
    const { plan } = await adopt(database, 'ticks')
    const said = plan.steps.find(({ step }) => step === 'columnstore')!.bytes!
    await client.query("select compress_chunk(c) from show_chunks('ticks') as c")
    const is = (await one(
      "select sum(after_compression_total_bytes)::int from chunk_compression_stats('ticks')",
    )) as number
    expect(said / is).toBeGreaterThan(0.5)
    expect(said / is).toBeLessThan(2)
  })

  test('adopts, and writes the policy into the config beside what is there', async () => {
    await make(TICKS, 'ticks')
    const before = await dump(client, 'ticks')
    const file = join(folder, 'arxdb.json')
    writeFileSync(
      file,
      '{"timeout":"20s","policy":{"public.ticks":{"retainFor":"90d"},"candles":{"compressAfter":"5d"}}}',
    )
    const { code, stdout, stderr } = await arxdb([
      'public.ticks',
      '--chunk-interval',
      '7d',
      '--yes',
      '--write',
      '--json',
    ])
    expect(code, stderr).toBe(0)
    expect(await dump(client, 'ticks')).toEqual(before)
    const { chunks } = JSON.parse(stdout).find(({ step }: { step: string }) => step === 'move')
    expect(chunks).toBe(
      await one(`select num_chunks::int from timescaledb_information.hypertables where hypertable_name = 'ticks'`),
    )
    expect(
      await one(`select time_interval from timescaledb_information.dimensions where hypertable_name = 'ticks'`),
    ).toEqual(expect.objectContaining({ days: 7 }))
    const columnstore = tier === 'community' ? { segmentBy: ['symbol'], orderBy: ['at'], compressAfter: '7d' } : {}
    const text = readFileSync(file, 'utf8')
    expect(JSON.parse(text)).toEqual({
      timeout: '20s',
      policy: {
        'public.ticks': { retainFor: '90d', chunkInterval: '7d', ...columnstore },
        candles: { compressAfter: '5d' },
      },
    })
    expect(text).toContain('\n  "timeout": "20s"')
    const again = await arxdb(['ticks', '--yes'])
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('a hypertable already') })
    rmSync(file)
  })

  test('tells what to write where the config file cannot be replaced', async () => {
    await make(TICKS, 'ticks')
    // Beside a file of such a name no draft of it can be made.
    const real = join(folder, 'a'.repeat(250))
    writeFileSync(real, '{"timeout":"20s"}')
    symlinkSync(real, join(folder, 'arxdb.json'))
    const ended = await arxdb(['public.ticks', '--chunk-interval', '7d', '--yes', '--write', '--json'])
    expect(ended.code, ended.stderr).toBe(1)
    expect(await isHypertable('ticks')).toBe(true)
    expect(readFileSync(real, 'utf8')).toBe('{"timeout":"20s"}')
    const [, entry] = /nothing was written into \S+ \(.*ENAMETOOLONG.*\): add (\{.*\})/.exec(ended.stderr)!
    expect(JSON.parse(entry!).policy['public.ticks']).toMatchObject({ chunkInterval: '7d' })
    expect(JSON.parse(ended.stdout).at(-1)).toMatchObject({ step: 'config', entry })
    rmSync(join(folder, 'arxdb.json'))
    rmSync(real)
  })

  test('asks for the name before anything is done', async () => {
    await make(TICKS, 'ticks')
    const no = await arxdb(['ticks'])
    expect(no).toMatchObject({ code: 6, stdout: '' })
    expect(no.stderr).toMatch(/lock table "public"\."ticks"/)
    const wrong = await arxdb(['ticks'], { terminal: 100, typed: 'ticks\r' })
    expect(wrong).toMatchObject({ code: 6 })
    expect(await isHypertable('ticks')).toBe(false)
    const right = await arxdb(['ticks'], { terminal: 100, typed: 'public.ticks\r' })
    expect(right.code, right.stderr).toBe(0)
    expect(await isHypertable('ticks')).toBe(true)
  })

  test('triggers do not fire for rows that move, and fire again afterwards', async () => {
    await make(
      `create table pinned (at timestamptz not null, v int);
       insert into pinned select timestamptz '2024-01-01' + i * interval '1 day', i from generate_series(1, 50) as i;
       create trigger stamps before insert on pinned for each row execute function stamp();
       comment on trigger stamps on pinned is 'it''s "here"';
       create trigger tells after insert on pinned for each row execute function tell();
       create trigger empties after truncate on pinned for each statement execute function tell()`,
      'pinned',
    )
    const before = await dump(client, 'pinned')
    await adopt(database, 'pinned')
    expect(await dump(client, 'pinned')).toEqual(before)
    expect(await one('select count(*)::int from told')).toBe(0)
    const triggers = `select string_agg(tgname || ' ' || tgenabled::text || coalesce(' ' || obj_description(oid, 'pg_trigger'), ''), ', ' order by tgname)
      from pg_trigger where tgrelid = 'pinned'::regclass and tgname in ('stamps', 'tells', 'empties')`
    expect(await one(triggers)).toBe('empties O, stamps O it\'s "here", tells O')
    await client.query("insert into pinned values ('2024-01-05 12:00', 1), ('2030-01-01', 1)")
    expect(await one("select string_agg(v::text, ',') from pinned where v = 99")).toBe('99,99')
    expect(await one('select count(*)::int from told')).toBe(2)
    await client.query('truncate told')
  })

  test('rows that differ after the move take everything back', async () => {
    await make(TICKS, 'ticks')
    const before = await dump(client, 'ticks')
    for (const change of [
      "update ticks set price = price + 1 where symbol = 's3' and at < '2024-01-01 00:10'",
      'delete from ticks where at = (select min(at) from ticks)',
      "insert into ticks values ('new', '2024-01-02', 1)",
    ]) {
      const plan = await planAdoption(database.connection, { table: 'ticks' })
      const at = plan.steps.findIndex(({ step }) => step === 'compare')
      const steps = plan.steps.toSpliced(at, 0, { ...plan.steps[0]!, step: 'meddle', sql: change })
      expect(await refusal(adoptTable(database.connection, { ...plan, steps }))).toMatchObject({ code: 'rows-differ' })
      expect(await isHypertable('ticks')).toBe(false)
      expect(await dump(client, 'ticks')).toEqual(before)
    }
  })

  test('a table in use is waited for, and refused with who holds it', async () => {
    await make(TICKS, 'ticks')
    const other = await database.client()
    await other.query("begin; set local application_name = 'the reader'; select count(*) from ticks")
    try {
      const { code, stderr } = await arxdb(['ticks', '--yes', '--lock-wait', '1ms'])
      expect({ code, stderr }).toMatchObject({ code: 6, stderr: expect.stringContaining('the reader') })
      const waiting = arxdb(['ticks', '--yes'])
      setTimeout(() => void other.query('rollback'), 2_500)
      expect(await waiting).toMatchObject({ code: 0 })
      expect(await isHypertable('ticks')).toBe(true)
    } finally {
      await other.query('rollback')
    }
  }, 30_000)

  test('what was changed since the plan is not adopted', async () => {
    await make(TICKS, 'ticks')
    const plan = await planAdoption(database.connection, { table: 'ticks' })
    await client.query('create index on ticks (at)')
    expect(await refusal(adoptTable(database.connection, plan))).toMatchObject({ code: 'changed-meanwhile' })
    await client.query('alter table ticks drop constraint ticks_pkey')
    expect(await isHypertable('ticks')).toBe(false)
  })

  const REFUSED = {
    'no time in the key': [
      'create table no (id int primary key, at timestamptz not null)',
      'add primary key ("id", "at")',
    ],
    'a unique index without it': [
      'create table no (id int, at timestamptz not null); create unique index no_id on no (id)',
      'create unique index "no_id" on "public"."no" ("id", "at")',
    ],
    'an exclusion': [
      'create table no (id int, at timestamptz not null, exclude using btree (id with =))',
      'drop constraint',
    ],
    'foreign keys to it': [
      'create table no (at timestamptz primary key); create table its (at timestamptz references no)',
      'alter table public.its drop constraint "its_at_fkey"',
    ],
    unlogged: ['create unlogged table no (at timestamptz not null)', 'set logged'],
    partitioned: ['create table no (at timestamptz not null) partition by range (at)', 'partitioned table'],
    'a partition': [
      'create table its (at timestamptz not null) partition by range (at); create table no partition of its default',
      'a partition of another',
    ],
    'a view': ['create view no as select now() as at', 'a view'],
    inherits: ['create table its (at timestamptz not null); create table no () inherits (its)', 'inherits'],
    rules: ['create table no (at timestamptz not null); create rule r as on delete to no do instead nothing', 'rules'],
    published: ['create table no (at timestamptz not null); create publication p for table no', 'publication'],
    'a disabled trigger': [
      'create table no (at timestamptz not null, v int); create trigger z before insert on no for each row execute function stamp(); alter table no disable trigger z',
      'on chunks it would be',
    ],
    'a row trigger with a transition table': [
      'create table no (at timestamptz not null); create trigger z after insert on no referencing new table as n for each row execute function tell()',
      'transition table',
    ],
    'no time': ['create table no (at timestamptz)', '--time-column at'],
    'two times': ['create table no (a timestamptz not null, b date not null)', 'several columns'],
    'numbers for times': ['create table no (at bigint not null)', '--chunk-interval'],
  } as const

  test.each(Object.entries(REFUSED))('refused: %s', async (_name, [sql, says]) => {
    await client.query('drop view if exists no').catch(() => {})
    await client.query('drop publication if exists p')
    await make(sql, 'no', 'its')
    const { code, stderr, stdout } = await arxdb(['no', '--yes'])
    expect([1, 2]).toContain(code)
    expect(stderr).toContain(says)
    expect(stdout).toBe('')
    await client.query('drop view if exists no').catch(() => client.query('drop table if exists no, its cascade'))
  })

  test('refused: names that are not there, rows without a time, at infinity, tables of others', async () => {
    await make(
      'create table holes (at timestamptz, v int); insert into holes select null from generate_series(1, 3)',
      'holes',
    )
    await make(TICKS, 'ticks')
    expect((await arxdb(['tikcs', '--yes'])).stderr).toContain('there is public.ticks')
    expect((await arxdb(['holes', '--time-column', 'at', '--yes'])).stderr).toContain('3 rows have no at')
    await client.query("update holes set at = 'infinity'")
    expect((await arxdb(['holes', '--time-column', 'at', '--yes'])).stderr).toContain('infinity')
    await client.query("update holes set at = 'now', v = 1")
    expect((await arxdb(['holes', '--time-column', 'v', '--yes'])).stderr).toContain('--chunk-interval')
    const done = await arxdb(['holes', '--time-column', 'at', '--yes'])
    expect(done.stderr).toContain('at becomes not null')
    expect(done.code).toBe(0)
  })

  test('refused: a table of somebody else', async () => {
    await make(TICKS, 'ticks')
    const role = `arxdb_test_${process.pid}_${tier}`
    await client.query(`create role ${role} login`)
    try {
      const connection = { ...database.connection, user: role }
      await client.query(`grant select on ticks to ${role}`)
      expect(await refusal(planAdoption(connection, { table: 'ticks' }))).toMatchObject({
        code: 'not-adoptable',
        detail: expect.stringContaining('owned by a role'),
      })
      // Who may not make a table beside it gets a plan without a sample, that says so.
      await client.query(`alter table ticks owner to ${role}`)
      const plan = await planAdoption(connection, { table: 'ticks' })
      expect(plan.remarks).toContainEqual({ level: 'warn', text: expect.stringContaining('permission denied') })
      // Rows that a policy hides from their owner could not be compared.
      await client.query('alter table ticks enable row level security; alter table ticks force row level security')
      expect((await refusal(planAdoption(connection, { table: 'ticks' }))).message).toContain('row-level security')
      expect((await refusal(adoptTable(connection, plan))).message).toContain('row-level security')
      await client.query('alter table ticks no force row level security; alter table ticks disable row level security')
      expect((await adoptTable(connection, plan)).chunks).toBeGreaterThan(0)
    } finally {
      await client.query(`drop owned by ${role} cascade; drop role ${role}`)
    }
  })

  test('a large table is looked at by its statistics and some pages', async () => {
    await make(`${TICKS}; analyze ticks`, 'ticks')
    const opened = await openSession(database.connection, LIMITS)
    try {
      const asking = { session: opened, limits: LIMITS, signal: undefined }
      const facts = await readFacts(opened.client, { name: 'ticks' })
      const time = facts.columns.find(({ name }) => name === 'at')!
      const exact = await survey(asking, facts, time)
      expect(exact).toMatchObject({ rows: 30_000, counted: true, ranged: true, nulls: 0, distinct: { symbol: 20 } })
      expect(exact.to! - exact.from!).toBe(29_999 * 60)
      const rough = await survey(asking, facts, { ...time, nullable: true }, 0)
      expect(rough).toMatchObject({ counted: false, ranged: false, nulls: 0, infinite: false })
      expect(rough.rows / 30_000).toBeCloseTo(1, 1)
      expect((rough.to! - rough.from!) / (29_999 * 60)).toBeGreaterThan(0.9)
      await client.query('create index on ticks (at)')
      const indexed = await survey(asking, await readFacts(opened.client, { name: 'ticks' }), time, 0)
      expect(indexed).toMatchObject({ ranged: true, from: exact.from, to: exact.to })
      await client.query("insert into ticks values ('s1', 'infinity', 1)")
      expect(await survey(asking, await readFacts(opened.client, { name: 'ticks' }), time, 0)).toMatchObject({
        infinite: true,
      })
    } finally {
      await opened.close()
    }
  })

  test('numbers count in units of the owner', async () => {
    await make(
      'create table ms (at bigint not null, v int); insert into ms select i * 1000, i from generate_series(1, 500) as i',
      'ms',
    )
    const before = await dump(client, 'ms')
    const { report, plan } = await adopt(database, 'ms', { chunkInterval: '100000' })
    expect(report.chunks).toBe(6)
    expect(plan.entry).toBeUndefined()
    expect(await dump(client, 'ms')).toEqual(before)
  })

  test('a signal takes everything back', async () => {
    await make(TICKS, 'ticks')
    const before = await dump(client, 'ticks')
    const stop = new AbortController()
    const plan = await planAdoption(database.connection, { table: 'ticks' })
    const onStep = (step: string) => step === 'move' && setTimeout(() => stop.abort(), 5)
    const error = await refusal(adoptTable(database.connection, plan, { signal: stop.signal, onStep }))
    expect(error).toMatchObject({ code: 'interrupted', exit: 130 })
    expect(await isHypertable('ticks')).toBe(false)
    expect(await dump(client, 'ticks')).toEqual(before)
  })

  const TYPES = {
    text: fc.string({ maxLength: 8 }).map((s) => s.replaceAll('\0', '')),
    'double precision': fc.double().map(String),
    numeric: fc.oneof(
      fc.constant('NaN'),
      fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }).map((n) => `${n}.0100`),
    ),
    bytea: fc.uint8Array({ maxLength: 9 }).map((b) => `\\x${Buffer.from(b).toString('hex')}`),
    jsonb: fc.json(),
    boolean: fc.boolean().map(String),
    'int[]': fc.array(fc.nat({ max: 9 }), { maxLength: 3 }).map((n) => `{${n.join(',')}}`),
    interval: fc.integer({ min: -9999, max: 9999 }).map((n) => `${n} minutes`),
  } as const
  const TIMES = { timestamptz: '', 'timestamp(3)': '', date: '' } as const
  const name = fc.constantFrom('a', 'b c', 'Ärger', 'se"lect', "it's", 'x.y', 'arxdb_row', 'count')

  const table = fc
    .record({
      table: fc.constantFrom('plain', 'Ta"ble', "o'clock", 'with.dot'),
      time: fc.constantFrom(...(Object.keys(TIMES) as (keyof typeof TIMES)[])),
      names: fc.uniqueArray(name, { minLength: 2, maxLength: 4 }),
      types: fc.array(fc.constantFrom(...(Object.keys(TYPES) as (keyof typeof TYPES)[])), {
        minLength: 4,
        maxLength: 4,
      }),
      keyed: fc.constantFrom('none', 'primary', 'unique'),
      dropped: fc.boolean(),
      computed: fc.boolean(),
    })
    .chain((shape) => {
      const cells = shape.names.slice(1).map((_, i) =>
        fc.option(
          TYPES[shape.types[i]!].filter((v) => !/\ud800-\udfff/.test(v)),
          { freq: 5 },
        ),
      )
      const moment = fc.date({ min: new Date('1990-01-01'), max: new Date('2040-01-01'), noInvalidDate: true })
      return fc.record({ shape: fc.constant(shape), rows: fc.array(fc.tuple(moment, ...cells), { maxLength: 40 }) })
    })

  test('any table keeps every row, byte for byte', async () => {
    await fc.assert(
      fc.asyncProperty(table, async ({ shape, rows }) => {
        const sql = `public.${identifier(shape.table)}`
        const [time, ...others] = shape.names as [string, ...string[]]
        const columns = [
          ...(shape.dropped ? ['gone int default 7'] : []),
          'id int generated always as identity',
          ...others.map((other, i) => `${identifier(other)} ${shape.types[i]}`),
          `${identifier(time)} ${shape.time} not null`,
          ...(shape.computed ? ['twice int generated always as (id * 2) stored'] : []),
          ...(shape.keyed === 'none'
            ? []
            : [`${shape.keyed === 'primary' ? 'primary key' : 'unique'} (id, ${identifier(time)})`]),
        ]
        await client.query(`drop table if exists ${sql}; create table ${sql} (${columns.join(', ')})`)
        const values = rows.map(([at, ...cells]) => [at.toISOString(), ...cells])
        for (const row of values)
          await client.query(
            `insert into ${sql} (${identifiers(shape.names)}) values (${row.map((_, i) => `$${i + 1}`)})`,
            row,
          )
        if (shape.dropped) await client.query(`alter table ${sql} drop column gone`)
        const before = await dump(client, sql)
        expect(before).toHaveLength(rows.length)
        const { report } = await adopt(database, `public."${shape.table.replaceAll('"', '""')}"`, {
          chunkInterval: '30d',
        })
        expect(await dump(client, sql)).toEqual(before)
        expect(report.chunks).toBe(await one(`select count(*)::int from show_chunks('${sql.replaceAll("'", "''")}')`))
        // It goes on counting where it was.
        await client.query(`insert into ${sql} (${identifier(time)}) values ('2024-02-29')`)
        expect(await one(`select max(id) from ${sql}`)).toBe(rows.length + 1)
      }),
      { numRuns: 25 },
    )
  }, 60_000)
})

describeTiers('without TimescaleDB', (tier) => {
  test.runIf(tier.name === 'plain')('exit 5 says what would give it', async () => {
    const database = await scratch(tier)
    try {
      await (await database.client()).query(TICKS)
      const env = { DATABASE_URL: database.url, HOME: '/nonexistent' }
      const { code, stderr, stdout } = await session(['policy', 'adopt', 'ticks', '--dry-run'], { env })
      expect({ code, stdout }).toEqual({ code: 5, stdout: '' })
      expect(stderr).toContain('create extension timescaledb')
    } finally {
      await database.drop()
    }
  })
})
