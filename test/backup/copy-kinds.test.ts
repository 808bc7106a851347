// Copies of what one scene does not hold: the server that npm brings, hypertables of a user's own, and small schemas that
// nobody thought of.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import fc from 'fast-check'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { copyMethod } from '../../src/backup/methods/copy/copy.ts'
import { dumpMethod } from '../../src/backup/methods/dump.ts'
import type { Method } from '../../src/backup/methods/method.ts'
import { identifier, literal } from '../../src/db/identifier.ts'
import { chooseBinaries } from '../../src/embedded/binaries.ts'
import { bundledPackage } from '../../src/embedded/bundled.ts'
import { homeAt } from '../../src/embedded/home.ts'
import { caller, identity, unprivilegedAccount } from '../../src/programs/account.ts'
import { serverEnv } from '../../src/programs/run.ts'
import { kindOf, logicalScene, type Scene } from '../faults/backup/scene-logical.ts'
import { connectionOf } from '../servers/connection.ts'
import { emptyDatabase, type Tier, tiers, urlOf, withClient } from '../servers/databases.ts'
import { migrateTemplate } from '../servers/migrate.ts'
import { type OwnServer, startServer } from '../servers/server.ts'
import { fingerprint } from './fingerprint.ts'
import { fillArxdb, fillOwn } from './logical-scene.ts'

/** There and back: what is there then, and what was. */
async function roundTrip(scene: Scene, url: string, method: Method = copyMethod) {
  const kind = method === copyMethod ? 'copy' : 'dump'
  const manifest = await scene.backup(method, connectionOf(url), kindOf(scene, kind))
  const name = scene.database()
  const { warnings } = await scene.restore(manifest, name)
  expect([...manifest.warnings, ...warnings]).toEqual([])
  return { before: await withClient(url, fingerprint), after: await withClient(scene.url(name), fingerprint), name }
}

describe.skipIf(!bundledPackage())('the server that npm brings', () => {
  let server: OwnServer | undefined
  let folder: string

  beforeAll(async () => {
    const account = caller().uid === 0 ? unprivilegedAccount() : undefined
    folder = mkdtempSync('/tmp/arxdb-bundled-')
    chmodSync(folder, 0o755)
    const env = { ...process.env, ARXDB_PG_BINDIR: 'npm' }
    const { bindir } = await chooseBinaries(homeAt(folder, account), { env, account })
    server = await startServer({
      ...{ bindir, prefix: [], owner: account, settings: [] },
      options: { env: serverEnv(process.env), ...identity(account) },
      temporary: { here: '/tmp', inside: '/tmp' },
    })
  })
  afterAll(() => {
    server?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  test('comes back the same without any client program', async () => {
    const url = urlOf(server!.url, 'source')
    await withClient(server!.url, (client) => client.query('create database source'))
    await migrateTemplate(connectionOf(url))
    await withClient(url, async (client) => {
      await fillOwn(client)
      await fillArxdb(client, 'plain', 5)
      await client.query(`create table public.modern (a int constraint "must be" not null, b int generated always as (a + 1) virtual);
        insert into public.modern values (1), (2)`)
    })
    const scene = await logicalScene({ name: 'plain', url: server!.url })
    try {
      const { before, after } = await roundTrip(scene, url)
      expect(after).toEqual(before)
    } finally {
      await scene.end()
    }
  })
})

const ofTimescaledb = tiers().filter(({ name }) => name !== 'plain')

describe.each(ofTimescaledb)("hypertables of a user's own on $name", (tier: Tier) => {
  test.each([copyMethod, dumpMethod])('come back the same', async (method) => {
    const database = await emptyDatabase(tier)
    const scene = await logicalScene(tier)
    try {
      await withClient(database.url, async (client) => {
        await client.query('create extension timescaledb')
        await client.query(`
          create schema "My Time";
          create table "My Time"."By int" ("at €" bigint not null, who text not null, v float8, primary key ("at €", who));
          select create_hypertable('"My Time"."By int"', by_range('at €', 1000), create_default_indexes => false);
          select add_dimension('"My Time"."By int"', by_hash('who', 3));
          create function "My Time".clock() returns bigint language sql stable as 'select 5000::bigint';
          select set_integer_now_func('"My Time"."By int"', '"My Time".clock');
          insert into "My Time"."By int" select i, 'w' || i % 7, i / 3.0 from generate_series(1, 9000) i;
          create table "My Time".plain (id int primary key);
          insert into "My Time".plain values (1), (2);
          create table "My Time".days (day date not null, id int references "My Time".plain, t text);
          select create_hypertable('"My Time".days', by_range('day', interval '1 week'));
          create index "by t" on "My Time".days (t, day) where id = 1;
          insert into "My Time".days select date '2026-01-01' + i, 1 + i % 2, 't' || i from generate_series(0, 50) i;
          create procedure "My Time".work(job_id int, config jsonb) language plpgsql as 'begin end';`)
        if (tier.name !== 'community') return
        await client.query(
          `select add_job('"My Time".work', interval '7 minutes', config => '{"it''s": ["x"]}', scheduled => false)`,
        )
        await client.query(`select add_job('"My Time".work', interval '1 day', initial_start => '2030-01-01')`)
        await client.query(
          `alter table "My Time"."By int" set (timescaledb.compress, timescaledb.compress_segmentby = 'who')`,
        )
        await client.query(
          `select compress_chunk(c) from show_chunks('"My Time"."By int"', older_than => 3000::bigint) c`,
        )
        await client.query(
          `select add_retention_policy('"My Time"."By int"', 100000::bigint, initial_start => '2031-01-01')`,
        )
        await client.query(`select add_reorder_policy('"My Time".days', 'by t', initial_start => '2031-01-01')`)
      })
      const { before, after, name } = await roundTrip(scene, database.url, method)
      expect(after).toEqual(before)
      expect(before.filter((line) => line.startsWith('job '))).toHaveLength(tier.name === 'community' ? 4 : 0)
      const on = 'select count(*)::int as n from timescaledb_information.jobs where scheduled and job_id >= 1000'
      expect((await withClient(scene.url(name), (client) => client.query(on))).rows[0].n).toBe(0)
    } finally {
      await scene.end()
      await database.drop()
    }
  })
})

const TYPES: Readonly<Record<string, string>> = {
  int: 'i',
  bigint: 'i * 4000000000::bigint',
  'numeric(20,5)': 'i / 7.0',
  numeric: `(array['NaN', '-Infinity', '0', '1e-40']::numeric[])[1 + i % 4]`,
  float8: 'sqrt(i) * 1e-300',
  text: `chr(33 + i % 90) || E'\\\\\\t\\n' || i`,
  'varchar(40)': `repeat('é', i % 30)`,
  boolean: 'i % 2 = 0',
  timestamptz: `timestamptz '1900-01-01' + i * interval '1000 hours 1 microsecond'`,
  date: `date '0044-03-15 BC' + i`,
  bytea: `decode(lpad(to_hex(i), 8, '0'), 'hex')`,
  jsonb: `jsonb_build_object('k', i, 'n', null)`,
  'int[]': 'array[i, null, -i]',
  uuid: `lpad(i::text, 32, '0')::uuid`,
}

const name = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
  .filter(
    (text) =>
      !text.includes('\0') &&
      Buffer.byteLength(text) <= 50 &&
      !/[\ud800-\udfff]/.test(text.replace(/[\ud800-\udbff][\udc00-\udfff]/g, '')),
  )

const column = fc.record({
  ...{
    name,
    type: fc.constantFrom(...Object.keys(TYPES)),
    notNull: fc.boolean(),
    unique: fc.boolean(),
    indexed: fc.boolean(),
  },
  fallback: fc.boolean(),
  comment: fc.option(name),
})
const table = fc.record({
  ...{
    name,
    rows: fc.integer({ min: 0, max: 300 }),
    serial: fc.constantFrom('identity', 'serial', 'none'),
    refers: fc.boolean(),
  },
  ...{ unlogged: fc.boolean(), check: fc.boolean(), view: fc.boolean() },
  columns: fc.uniqueArray(column, { selector: (c) => c.name, minLength: 1, maxLength: 5 }),
})
type Table = typeof table extends fc.Arbitrary<infer T> ? T : never

async function build(client: pg.Client, tables: readonly Table[]): Promise<void> {
  for (const [n, t] of tables.entries()) {
    const on = identifier(`${n} ${t.name}`)
    const id = {
      identity: 'id int generated always as identity primary key',
      serial: 'id serial primary key',
      none: '',
    }[t.serial]
    const previous =
      t.refers && n > 0 && tables[n - 1]!.serial !== 'none' ? identifier(`${n - 1} ${tables[n - 1]!.name}`) : undefined
    const columns = t.columns.map((c) => {
      const value = TYPES[c.type]!.replace(/\bi\b/g, '7')
      return `${identifier(`c${c.name}`)} ${c.type}${c.fallback ? ` default (${value})` : ''}${c.notNull ? ' not null' : ''}`
    })
    const more = [
      ...(previous ? [`ref int references ${previous}`] : []),
      ...(t.check
        ? [
            `constraint ${identifier(`k ${t.name}`)} check (${identifier(`c${t.columns[0]!.name}`)} is distinct from null or true)`,
          ]
        : []),
    ]
    await client.query(
      `create ${t.unlogged && !t.refers ? 'unlogged ' : ''}table ${on} (${[id, ...columns, ...more].filter(Boolean).join(', ')})`,
    )
    const values = t.columns.map((c) =>
      c.notNull || c.unique ? TYPES[c.type]! : `case when i % 5 > 0 then ${TYPES[c.type]} end`,
    )
    const list = t.columns.map((c) => identifier(`c${c.name}`)).join(', ')
    await client.query(`insert into ${on} (${list}) select ${values.join(', ')} from generate_series(1, ${t.rows}) i`)
    for (const c of t.columns) {
      const own = identifier(`c${c.name}`)
      if (c.indexed && c.type !== 'jsonb') await client.query(`create index on ${on} (${own} desc nulls last)`)
      if (c.unique && ['int', 'bigint', 'uuid', 'bytea', 'text'].includes(c.type))
        await client.query(`alter table ${on} add unique (${own})`)
      if (c.comment !== null) await client.query(`comment on column ${on}.${own} is ${literal(c.comment)}`)
    }
    if (t.view)
      await client.query(
        `create view ${identifier(`v${n} ${t.name}`)} as select * from ${on} where ${identifier(`c${t.columns[0]!.name}`)} is not null`,
      )
  }
}

const plain = tiers().find(({ name: tier }) => tier === 'plain')

describe.skipIf(!plain)('small schemas', () => {
  test('come back the same, whatever they are', async () => {
    const scene = await logicalScene(plain!)
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(table, { minLength: 1, maxLength: 3 }), async (schema) => {
          const tables = schema.map((t) =>
            schema.some((o, i) => o.unlogged && schema[i + 1]?.refers) ? { ...t, unlogged: false } : t,
          )
          const database = await emptyDatabase(plain!)
          try {
            await withClient(database.url, (client) => build(client, tables))
            const { before, after } = await roundTrip(scene, database.url)
            expect(after).toEqual(before)
          } finally {
            await database.drop()
          }
        }),
        { numRuns: 8 },
      )
    } finally {
      await scene.end()
    }
  })
})
