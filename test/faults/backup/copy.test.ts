// What goes wrong with copies, and what they refuse.
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Manifest } from '../../../src/backup/manifest.ts'
import { copyMethod } from '../../../src/backup/methods/copy/copy.ts'
import { readSchema } from '../../../src/backup/methods/copy/schema.ts'
import { openSnapshot } from '../../../src/backup/methods/snapshot.ts'
import { resumeJobs } from '../../../src/backup/restore/paused-jobs.ts'
import { fillArxdb } from '../../backup/logical-scene.ts'
import { connectionOf } from '../../servers/connection.ts'
import {
  describeTiers,
  emptyDatabase,
  migratedDatabase,
  type TestDatabase,
  tiers,
  withClient,
} from '../../servers/databases.ts'
import { damage, kindOf, logicalScene, type Scene } from './scene-logical.ts'

/** What the scheduler would do, when it has a worker to spare: a policy that is due does what it is for. */
const runRetention = (url: string): Promise<void> =>
  withClient(url, async (client) => {
    const { rows } = await client.query(
      `select job_id from timescaledb_information.jobs where proc_name = 'policy_retention' and scheduled`,
    )
    // It commits between chunks, and some servers end it there.
    await client.query(`call run_job(${rows[0].job_id})`).catch(() => {})
  })

describeTiers('a copy that goes wrong', (tier) => {
  let database: TestDatabase
  let scene: Scene
  let good: Manifest

  beforeAll(async () => {
    database = await migratedDatabase(tier)
    await withClient(database.url, (client) => fillArxdb(client, tier.name, 3))
    scene = await logicalScene(tier)
    good = await scene.backup(copyMethod, database.connection, kindOf(scene, 'copy'))
  })
  afterAll(async () => {
    await scene?.end()
    await database?.drop()
  })

  test('16-19: cut, flipped, empty and swapped files fail to decode', async () => {
    expect(await scene.decode(copyMethod, good)).toEqual([])
    const sizes = [...good.objects].sort((a, b) => b.bytes - a.bytes)
    const flip = (part: number) => (bytes: Buffer) => {
      const copy = Buffer.from(bytes)
      copy[Math.floor(bytes.length * part)]! ^= 4
      return copy
    }
    const cut = (part: number) => (bytes: Buffer) => bytes.subarray(0, Math.floor(bytes.length * part))
    const other = await scene.repository.store.read(`backups/${good.label}/${sizes[2]!.name}`)
    const changes = [cut(0.4), cut(0.98), cut(0), flip(0.1), flip(0.5), flip(0.9), () => other]
    for (const name of [sizes[0]!.name, 'schema.json']) {
      const object = good.objects.find((one) => one.name.startsWith(name))!
      const whole = await scene.repository.store.read(`backups/${good.label}/${object.name}`)
      for (const change of changes) {
        await damage(scene, good, object.name, () => change(whole))
        const problems = await scene.decode(copyMethod, good)
        expect(problems).toHaveLength(1)
        expect(problems[0]).toContain(object.name)
      }
      await damage(scene, good, object.name, () => whole)
    }
  })

  test('a damaged file leaves no database', async () => {
    const [largest] = [...good.objects].sort((a, b) => b.bytes - a.bytes)
    const whole = await scene.repository.store.read(`backups/${good.label}/${largest!.name}`)
    await damage(scene, good, largest!.name, (bytes) => bytes.subarray(0, bytes.length - 9))
    const name = scene.database()
    await expect(scene.restore(good, name)).rejects.toThrow()
    await damage(scene, good, largest!.name, () => whole)
    const left = await withClient(tier.url, (client) =>
      client.query('select from pg_database where datname ~ $1', [`^${name}`]),
    )
    expect(left.rows).toEqual([])
    await scene.restore(good, name)
  })

  test('encrypted, by names that want quoting, with roles that are not there', async () => {
    const role = `arxdb "role" ${process.pid}`
    const quoted = `"${role.replaceAll('"', '""')}"`
    await withClient(database.url, async (client) => {
      await client.query(
        `create role ${quoted}; create table public.owned (a int); alter table public.owned owner to ${quoted}`,
      )
    })
    const manifest = await scene.backup(copyMethod, database.connection, kindOf(scene, 'copy', { encrypt: true }))
    await withClient(database.url, (client) => client.query(`drop owned by ${quoted}; drop role ${quoted}`))
    expect(manifest.objects.every(({ sealed }) => sealed.includes('age'))).toBe(true)
    expect(await scene.decode(copyMethod, manifest)).toEqual([])
    const { warnings } = await scene.restore(manifest, scene.database())
    expect(warnings).toEqual([expect.stringContaining('role')])
    expect((await scene.restore(manifest, scene.database(), { owners: false })).warnings).toEqual([])
  })

  test('what it cannot hold is refused by name, before anything is written', async () => {
    const odd = await emptyDatabase(tier)
    try {
      const things: readonly (readonly [string, RegExp])[] = [
        ['create table parent (a int); create table kid () inherits (parent)', /inherited table public\.kid/],
        [`create aggregate total(int) (sfunc = int4pl, stype = int)`, /aggregate public\.total/],
        ['create type span as range (subtype = float8)', /range type public\.span/],
        ['create table r (a int); create rule no as on delete to r do instead nothing', /rule no on public\.r/],
        [`select lo_from_bytea(0, 'x')`, /1 large objects/],
        [`create cast (int as point) with inout`, /cast/],
        [`create collation german (locale = 'C')`, /collation public\.german/],
      ]
      for (const [sql, message] of things) {
        const one = await emptyDatabase(tier)
        await withClient(one.url, (client) => client.query(sql))
        const refusal = scene.backup(copyMethod, one.connection, kindOf(scene, 'copy'))
        await expect(refusal).rejects.toMatchObject({ exit: 5, message: expect.stringMatching(message) })
        await one.drop()
      }
      await withClient(odd.url, (client) =>
        client.query('create publication p for all tables; alter default privileges grant select on tables to public'),
      )
      const { warnings } = await scene.backup(copyMethod, odd.connection, kindOf(scene, 'copy'))
      expect(warnings).toEqual([
        expect.stringContaining('default privileges'),
        expect.stringContaining('publication p'),
      ])
    } finally {
      await odd.drop()
    }
  })

  test('an abort ends it at once, and leaves no session behind', async () => {
    await withClient(database.url, (client) =>
      client.query('create table public.big as select i, md5(i::text) as t from generate_series(1, 400000) i'),
    )
    const stop = new AbortController()
    const begun = performance.now()
    const making = scene.backup(copyMethod, database.connection, {
      ...kindOf(scene, 'copy'),
      signal: stop.signal,
      progress: (text) => void (text.includes('public.big') && setTimeout(() => stop.abort(new Error('enough')), 50)),
    })
    await expect(making).rejects.toThrow()
    expect(performance.now() - begun).toBeLessThan(5_000)
    const left = `select from pg_stat_activity where datname = current_database() and application_name = 'arxdb/backup'`
    for (let n = 0; n < 40 && (await withClient(database.url, (client) => client.query(left))).rowCount; n++)
      await sleep(50)
    expect((await withClient(database.url, (client) => client.query(left))).rowCount).toBe(0)
    await withClient(database.url, (client) => client.query('drop table public.big'))
  })

  test('rows that come while it copies are not in it', async () => {
    const snapshot = await openSnapshot(database.connection)
    try {
      expect((await readSchema(snapshot)).tables.length).toBeGreaterThan(10)
    } finally {
      await snapshot.close()
    }
    const count = async () =>
      withClient(
        database.url,
        async (client) => (await client.query('select count(*)::text as n from arxdb.coins')).rows[0].n,
      )
    const before = await count()
    let written: Promise<unknown> | undefined
    const manifest = await scene.backup(copyMethod, database.connection, {
      ...kindOf(scene, 'copy'),
      progress(text) {
        if (text === 'reading the schema') {
          written = withClient(database.url, (client) =>
            client.query("insert into arxdb.coins (coin_id) select 'late' || i from generate_series(1, 1000) i"),
          )
        }
      },
    })
    await written
    expect(Number(await count())).toBe(Number(before) + 1000)
    const { relations } = manifest.evidence!
    expect(relations.find(({ name }) => name === 'coins')!.rows).toBe(before)
    const { tables } = manifest.method as { tables: { name: string; rows: string }[] }
    expect(tables.find(({ name }) => name === 'coins')!.rows).toBe(before)
  })
})

const community = tiers().find(({ name }) => name === 'community')

describe.skipIf(!community)('a copy of TimescaleDB Community', () => {
  test('retention that is due deletes nothing until the database is opened; continuous aggregates are refused', async () => {
    const database = await migratedDatabase(community!)
    const scene = await logicalScene(community!)
    const count = (url: string) =>
      withClient(
        url,
        async (client) => (await client.query('select count(*)::int as n from arxdb.candles')).rows[0].n as number,
      )
    try {
      await withClient(database.url, async (client) => {
        await fillArxdb(client, 'community', 3)
        await client.query(`begin; select add_retention_policy('arxdb.candles', interval '1 year');
          select alter_job(job_id, next_start => now() + interval '1 hour') from timescaledb_information.jobs
            where proc_name = 'policy_retention'; commit`)
      })
      const before = await count(database.url)
      const manifest = await scene.backup(copyMethod, database.connection, kindOf(scene, 'copy'))
      const name = scene.database()
      await scene.restore(manifest, name)
      await sleep(4_000)
      expect(await count(scene.url(name))).toBe(before)
      const jobs = await withClient(scene.url(name), (client) =>
        client.query('select proc_name, scheduled from timescaledb_information.jobs where job_id >= 1000 order by 1'),
      )
      expect(jobs.rows.every(({ scheduled }) => scheduled === false)).toBe(true)
      const compressed = `select count(*)::int as n from timescaledb_information.chunks where is_compressed`
      const [then, now] = await Promise.all(
        [database.url, scene.url(name)].map((url) =>
          withClient(url, async (client) => (await client.query(compressed)).rows[0].n),
        ),
      )
      expect(then).toBeGreaterThan(0)
      expect(now).toBe(then)
      expect((await resumeJobs(connectionOf(scene.url(name)))).resumed).toHaveLength(2)
      await runRetention(scene.url(name))
      expect(await count(scene.url(name))).toBeLessThan(before)
      await withClient(database.url, (client) =>
        client.query(`create materialized view public.hourly with (timescaledb.continuous) as
          select time_bucket('1 hour', timestamp) as hour, max(high) from arxdb.candles group by 1 with no data`),
      )
      await expect(scene.backup(copyMethod, database.connection, kindOf(scene, 'copy'))).rejects.toMatchObject({
        ...{ exit: 5, message: expect.stringContaining('continuous aggregate public.hourly') },
      })
    } finally {
      await scene.end()
      await database.drop()
    }
  })
})
