// What health says when it cannot see: a server that is down or full, a role without privileges, a lock in the way.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../../../src/embedded/sockets.ts'
import { grants } from '../../../src/migrate/grants.ts'
import { openScene, type Scene } from '../../health/cluster.ts'
import { session } from '../../health/scene.ts'
import { describeTiers, migratedDatabase, type TestDatabase, withClient } from '../../servers/databases.ts'
import { of, type Program, program } from './program.ts'

let arxdb: Program
beforeAll(() => {
  arxdb = program()
})
afterAll(() => arxdb.discard())

describe('a server that is down', () => {
  test('is critical, all else is skipped, in every format', async () => {
    const url = `postgres://nobody@127.0.0.1:${await freePort()}/nothing`
    const { code, findings } = await arxdb.json(url)
    expect(code).toBe(2)
    expect(findings[0]).toMatchObject({
      check: 'connection',
      state: 'CRITICAL',
      text: expect.stringContaining('cannot connect'),
    })
    expect(findings.length).toBeGreaterThan(20)
    expect(findings.slice(1).every(({ state, text }) => state === 'SKIPPED' && text === 'no connection')).toBe(true)

    const nagios = await arxdb.run(url, '-o', 'nagios')
    expect(nagios.code).toBe(2)
    expect(nagios.stdout).toMatch(/^ARXDB CRITICAL - connection: cannot connect/)
    const prometheus = await arxdb.run(url, '-o', 'prometheus')
    expect(prometheus.code).toBe(2)
    expect(prometheus.stdout).toContain('arxdb_health_state{check="connection",object=""} 2')
  })
})

describe('a server whose places are all taken', () => {
  let scene: Scene
  beforeAll(async () => {
    scene = await openScene()
  })
  afterAll(() => scene?.discard())

  test('is critical for those who are refused, and for those who still get in', async () => {
    const cluster = await scene.make('full', { max_connections: '8', superuser_reserved_connections: '3' })
    await cluster.sql('create role visitor login', 'create role watcher login', 'grant pg_monitor to watcher')
    const visitor = cluster.url.replace('postgres@', 'visitor@')
    const taken = await Promise.all(Array.from({ length: 5 }, () => session(visitor)))
    const refused = await arxdb.json(cluster.url.replace('postgres@', 'watcher@'))
    expect(refused.code).toBe(2)
    expect(refused.findings[0]).toMatchObject({
      ...{ check: 'connection', state: 'CRITICAL' },
      text: expect.stringMatching(/remaining connection slots are reserved/),
    })
    expect(of(refused.findings, 'connections')).toMatchObject([{ state: 'SKIPPED' }])
    const inside = await arxdb.json(cluster.url)
    expect(inside.code).toBe(2)
    expect(of(inside.findings, 'connections')).toMatchObject([
      {
        state: 'CRITICAL',
        text: expect.stringMatching(/^6 of 5 taken, 5 idle/),
        try: expect.stringContaining('max_connections'),
      },
    ])
    await Promise.all(taken.map((one) => one.end()))
    const free = await arxdb.json(cluster.url, 'connections')
    expect(of(free.findings, 'connections')[0]!.value).toBeLessThan(80)
  })
})

/** What is judged from other sessions, files of the server, or settings that are not for all. */
const NEED_MONITOR = [
  ...['blocking', 'long-queries', 'idle-in-transaction', 'oldest-transaction', 'replication'],
  ...['disk', 'wal-size', 'archiver'],
]

describeTiers('privileges', (tier) => {
  let database: TestDatabase
  const prefix = `h${process.pid}_${tier.name}_`
  const bare = `${prefix}bare`
  const monitor = `${prefix}only`
  beforeAll(async () => {
    database = await migratedDatabase(tier)
    await withClient(database.url, async (client) => {
      await client.query(`create role ${bare} login`)
      await client.query(`create role ${monitor} login`)
      await client.query(`grant pg_monitor to ${monitor}`)
      await client.query(grants(prefix))
      await client.query(`alter role ${prefix}monitor login`)
      await client.query(`select setval(pg_get_serial_sequence('arxdb.imports', 'import_id'), 100)`)
    })
  })
  afterAll(async () => {
    if (!database) return
    const roles = [bare, monitor, ...['ingest', 'analyst', 'monitor', 'backup'].map((name) => prefix + name)]
    await withClient(database.url, async (client) => {
      for (const role of roles) {
        await client.query(`drop owned by ${role}`)
        await client.query(`drop role ${role}`)
      }
    })
    await database.drop()
  })
  const as = (role: string): string => database.url.replace(/\/\/[^@]+@/, `//${role}@`)

  test('a role with nothing: what it cannot see is never well, and says the GRANT', async () => {
    const { code, findings } = await arxdb.json(as(bare))
    // TimescaleDB's workers and jobs may be warned of, which everybody sees.
    expect([1, 2, 3]).toContain(code)
    for (const check of NEED_MONITOR) {
      expect(of(findings, check), check).toMatchObject([
        { state: 'UNKNOWN', text: expect.stringMatching(/^h\d+_\w+ cannot see /), try: `grant pg_monitor to ${bare}` },
      ])
    }
    expect(of(findings, 'sequences')).toMatchObject([
      { state: 'SKIPPED', try: `grant select on all sequences in schema arxdb to ${bare}` },
    ])
    // What everybody may see is judged all the same.
    for (const check of ['connection', 'connections', 'wraparound', 'invalid-indexes', 'dead-rows', 'slots']) {
      expect(
        of(findings, check).map(({ state }) => state),
        check,
      ).toEqual(['OK'])
    }
  })

  test('a role with pg_monitor and nothing else sees the whole server', async () => {
    const { findings } = await arxdb.json(as(monitor))
    for (const check of ['connections', 'blocking', 'oldest-transaction', 'replication', 'slots', 'disk', 'wal-size']) {
      expect(of(findings, check).length, check).toBeGreaterThan(0)
      for (const { state } of of(findings, check)) expect(state, check).not.toMatch(/UNKNOWN/)
    }
    expect(of(findings, 'sequences')).toMatchObject([
      { state: 'SKIPPED', text: expect.stringMatching(/may not look at \d+ sequence/) },
    ])
  })

  test('the role that `migrate grants` makes for it sees sequences too', async () => {
    const { findings } = await arxdb.json(as(`${prefix}monitor`), 'sequences')
    expect(of(findings, 'sequences')).toMatchObject([{ state: 'OK', text: expect.stringContaining('100 of ') }])
  })

  test('a lock in the way makes one check unknown, within its time, and no other', async () => {
    await withClient(database.url, (client) => client.query(`create sequence held; select setval('held', 5)`))
    const holder = await session(database.url)
    await holder.query('begin; drop sequence held; lock table arxdb.markets, arxdb.exchanges in access exclusive mode')
    const began = performance.now()
    const { findings } = await arxdb.json(database.url)
    expect(performance.now() - began).toBeLessThan(15_000)
    expect(of(findings, 'sequences')).toMatchObject([
      { state: 'UNKNOWN', text: 'waited in vain for a lock', try: 'arxdb locks' },
    ])
    for (const check of ['connections', 'wraparound', 'invalid-indexes', 'dead-rows']) {
      expect(
        of(findings, check)
          .map(({ text }) => text)
          .join(),
        check,
      ).not.toMatch(/waited|time/)
    }
    await holder.query('rollback')
    await holder.end()
    expect(of((await arxdb.json(database.url, 'sequences')).findings, 'sequences')).toMatchObject([{ state: 'OK' }])
  })

  test('statistics that were reset between two runs give no figure, and none below nothing', async () => {
    const read = (times: number) =>
      withClient(database.url, async (client) => {
        await client.query('create table if not exists warm as select i from generate_series(1, 100000) i')
        for (let n = 0; n < times; n++) await client.query('select count(*) from warm')
        await client.query('select pg_stat_force_next_flush()')
      })
    const ask = async () => of((await arxdb.json(database.url, 'cache-hit')).findings, 'cache-hit')[0]!
    await read(60)
    await ask()
    await read(60)
    expect(await ask()).toMatchObject({ unit: '%', value: expect.any(Number) })
    await withClient(database.url, (client) => client.query('select pg_stat_reset()'))
    expect(await ask()).toMatchObject({
      state: 'SKIPPED',
      value: null,
      text: expect.stringMatching(/^statistics were reset/),
    })
  })
})
