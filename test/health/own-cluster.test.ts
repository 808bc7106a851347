// Checks of what belongs to a whole cluster: numbers that run out, WAL and its archiver, disks, pages.
import { chmodSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { holdsCluster } from '../../src/health/disks.ts'
import { type OwnCluster, openScene, type Scene, until } from './cluster.ts'
import { checked, session } from './scene.ts'

let scene: Scene
let cluster: OwnCluster

beforeAll(async () => {
  scene = await openScene()
  const settings = {
    ...{ autovacuum_freeze_max_age: '100000', autovacuum_multixact_freeze_max_age: '10000' },
    ...{ max_prepared_transactions: '5', archive_mode: 'on', archive_command: 'true' },
    ...{ max_wal_size: '8MB', min_wal_size: '2MB', checkpoint_timeout: '1h', autovacuum: 'off' },
  }
  cluster = await scene.make('own', settings, ['--data-checksums', '--wal-segsize=1'])
})
afterAll(() => scene?.discard())

const ask = (name: string, thresholds = {}) => checked(cluster.connection, name, { thresholds })

describe('wraparound', () => {
  test('transactions: by share of what there is, and by what autovacuum should have done', async () => {
    expect(await ask('wraparound')).toMatchObject([
      { state: 'OK', unit: '%', text: expect.stringContaining('are well') },
    ])
    const keeper = await session(cluster.url)
    // An open transaction with a number of its own: nothing after it can be frozen.
    await keeper.query('begin; create temp table kept (i int)')
    await cluster.sql(
      'create table burnt (i int)',
      `do $$ begin for i in 1..115000 loop begin insert into burnt values (i); exception when others then null; end; end loop; end $$`,
    )
    const late = await ask('wraparound')
    expect(late.map(({ object }) => object)).toContain('postgres')
    expect(late[0]).toMatchObject({
      state: 'WARNING',
      text: expect.stringMatching(
        /^its oldest rows are 11\d,\d{3} transactions and 0 multixacts old, .*; autovacuum should/,
      ),
    })
    const full = await ask('wraparound', { wraparound: { warn: 0.001, crit: 0.002 } })
    expect(full[0]).toMatchObject({ state: 'CRITICAL', warn: 0.001, crit: 0.002 })
    await keeper.end()
    for (const name of ['postgres', 'template1']) {
      scene.running.pg('vacuumdb', ['--freeze', '-q', '-d', cluster.url.replace(/postgres$/, name)])
    }
    await cluster.sql('update pg_database set datallowconn = true where datname = $$template0$$')
    scene.running.pg('vacuumdb', ['--freeze', '-q', '-d', cluster.url.replace(/postgres$/, 'template0')])
    await cluster.sql('update pg_database set datallowconn = false where datname = $$template0$$')
    expect(await ask('wraparound')).toMatchObject([{ state: 'OK' }])
  })

  test('multixacts too', async () => {
    const keeper = await session(cluster.url)
    await keeper.query('create table locked (i int primary key)')
    await keeper.query('insert into locked values (0)')
    await keeper.query('begin; select from locked for key share')
    await cluster.sql(
      'insert into locked select generate_series(1, 12000)',
      `do $$ declare n int; begin for n in 1..12000 loop
         perform from locked where i = n for key share;
         begin perform from locked where i = n for update; raise exception 'back'; exception when others then null; end;
       end loop; end $$`,
    )
    const [one] = (await ask('wraparound')).filter(({ object }) => object === 'postgres')
    expect(one).toMatchObject({
      state: 'WARNING',
      text: expect.stringMatching(/and 1\d,\d{3} multixacts old.*autovacuum should/),
    })
    await keeper.end()
  })
})

test('oldest-transaction sees what was prepared and forgotten', async () => {
  await cluster.sql('create table p (i int)', `begin; insert into p values (1); prepare transaction 'order''s 17'`)
  await new Promise((resolve) => setTimeout(resolve, 1_200))
  const find = () => ask('oldest-transaction', { 'oldest-transaction': { warn: '1s', crit: '1h' } })
  expect(await find()).toMatchObject([
    {
      ...{ state: 'WARNING', object: "prepared order's 17", try: "rollback prepared 'order''s 17', or commit it" },
      text: expect.stringMatching(
        /^of postgres in postgres, prepared \d+ s ago and neither committed nor rolled back$/,
      ),
    },
  ])
  // And who waits for it is told as waiting for it.
  const waiter = await session(cluster.url)
  const waiting = waiter.query('truncate p').catch(() => {})
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(await ask('blocking', { blocking: { warn: 0.1, crit: '1h' } })).toMatchObject([
    {
      state: 'WARNING',
      object: 'prepared transaction',
      text: expect.stringMatching(/^a prepared transaction holds up 1/),
    },
  ])
  await cluster.sql(`rollback prepared 'order''s 17'`)
  await waiting
  await waiter.end()
  expect(await find()).toMatchObject([{ state: 'OK' }])
})

test('archiver and wal-size: failing, piling up, and well again', async () => {
  const set = async (command: string) => {
    await cluster.sql(`alter system set archive_command = '${command}'`, 'select pg_reload_conf()')
  }
  const fill = async (segments: number) => {
    for (let n = 0; n < segments; n++)
      await cluster.sql('create table if not exists w (i int)', 'drop table w', 'select pg_switch_wal()')
  }
  await until(
    () => ask('archiver'),
    ([one]) => one!.state === 'OK' && /^0 segments wait/.test(one!.text),
  )
  await cluster.sql('checkpoint')
  expect((await ask('wal-size'))[0]).toMatchObject({ state: 'OK', unit: 'B', warn: 16 << 20, crit: 32 << 20 })
  await set('false')
  await fill(40)
  const [failing] = await until(
    () => ask('archiver'),
    ([one]) => one!.state !== 'OK' && /failed last/.test(one!.text),
  )
  expect(failing).toMatchObject({
    state: 'CRITICAL',
    unit: '1',
    text: expect.stringMatching(/failed last at .*; \d+ segments wait/),
  })
  expect(failing!.value).toBeGreaterThan(30)
  const [large] = await ask('wal-size')
  expect(large).toMatchObject({ state: 'CRITICAL', text: expect.stringContaining('max_wal_size is 8.4 MB') })
  await set('true')
  await until(
    () => ask('archiver'),
    ([one]) => one!.state === 'OK' && one!.value === 0,
  )
  await cluster.sql('checkpoint')
  expect((await ask('wal-size'))[0]!.state).toBe('OK')
  // Nothing fails, and yet nothing goes away.
  await set('')
  await fill(12)
  expect((await ask('archiver'))[0]).toMatchObject({
    ...{ state: 'CRITICAL', try: 'arxdb wal setup' },
    text: expect.stringContaining('neither archive_command nor archive_library is set'),
  })
  await set('sleep 1')
  const [slow] = await until(
    () => ask('archiver'),
    ([one]) => one!.state !== 'CRITICAL',
  )
  expect(slow).toMatchObject({ state: 'WARNING', warn: 10, crit: 100 })
  await set('true')
})

test('disk: data, WAL and tablespaces of this machine, one finding a file system', async () => {
  const place = join(scene.folder, 'space')
  mkdirSync(place)
  scene.running.own(place)
  chmodSync(place, 0o700)
  await cluster.sql(`create tablespace aside location '${place}'`)
  const [well] = await ask('disk', { disk: { warn: 100.1, crit: 100.2 } })
  expect(well).toMatchObject({
    ...{ state: 'OK', object: 'data', unit: '%' },
    text: expect.stringMatching(/^.* free of .* at .*\/own, WAL and tablespace aside too$/),
  })
  const [full] = await ask('disk', { disk: { warn: 0, crit: 100.2 } })
  expect(full).toMatchObject({ state: 'WARNING', try: expect.stringContaining('arxdb sizes') })
  expect(full!.value).toBeGreaterThan(0)
  // A tunnel to another machine, whose data directory has the same name.
  expect(holdsCluster(cluster.data, '7400000000000000001')).toBe(false)
  // By a name of this host that is no local address, nothing is claimed about the disk that happens to be here.
  const away = { ...cluster.connection, host: '0.0.0.0' }
  expect(await checked(away, 'disk')).toMatchObject([
    {
      state: 'SKIPPED',
      text: expect.stringContaining('cannot be seen from here'),
      try: expect.stringContaining('on the server itself'),
    },
  ])
})

test('checksum-failures: a page that was changed on the disk', async () => {
  expect(await ask('checksum-failures')).toMatchObject([{ state: 'OK' }])
  const [row] = await cluster.sql(
    'create table spoilt as select i from generate_series(1, 1000) i',
    'checkpoint',
    `select pg_relation_filepath('spoilt') as path`,
  )
  cluster.stop()
  const file = openSync(join(cluster.data, row!.path as string), 'r+')
  const byte = Buffer.alloc(1)
  readSync(file, byte, 0, 1, 5000)
  writeSync(file, Buffer.from([byte[0]! ^ 1]), 0, 1, 5000)
  await scene.start(cluster)
  await expect(cluster.sql('select count(*) from spoilt')).rejects.toThrow(/invalid page/)
  const [found] = await until(
    () => ask('checksum-failures'),
    ([one]) => one!.state === 'CRITICAL',
  )
  expect(found).toMatchObject({
    object: 'postgres',
    text: expect.stringMatching(/^1 page failed the checksum, the last one at 20/),
  })
  expect(found!.since).not.toBeNull()
  await cluster.sql('select pg_stat_reset()')
  expect(await ask('checksum-failures')).toMatchObject([{ state: 'OK' }])
})
