// A primary with a real standby: idle, writing, with replay held up, cut off, and with slots that nobody reads.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type OwnCluster, openScene, type Scene, until } from '../../health/cluster.ts'
import { checked } from '../../health/scene.ts'

let scene: Scene
let primary: OwnCluster
let standby: OwnCluster

beforeAll(async () => {
  scene = await openScene()
  primary = await scene.make('primary', { max_slot_wal_keep_size: '-1', checkpoint_timeout: '1h' })
  await primary.sql('create table t (i int, filler text)', 'insert into t select i from generate_series(1, 1000) i')
  standby = await scene.standby('standby1', primary)
})
afterAll(() => scene?.discard())

const seen = async () => (await primary.sql('select pg_current_wal_lsn() as lsn'))[0]!.lsn as string
const replayed = async (lsn: string) =>
  until(
    async () => (await standby.sql(`select pg_last_wal_replay_lsn() >= '${lsn}'::pg_lsn as done`))[0]!.done,
    (done) => done === true,
  )
const write = (rows = 1000) =>
  primary.sql(`insert into t select i, repeat('x', 500) from generate_series(1, ${rows}) i`)
const seconds = (n: number) => () => new Date(Date.now() + n * 1_000)
const minutes = (n: number) => seconds(60 * n)

test('an idle primary: however long ago the last transaction was, nothing is late', async () => {
  await write()
  await replayed(await seen())
  const before = await standby.sql('select now() - pg_last_xact_replay_timestamp() > interval $$1 second$$ as old')
  expect(before).toHaveLength(1)
  await new Promise((resolve) => setTimeout(resolve, 2_500))
  const thresholds = { 'replay-lag': { warn: '1s', crit: '2s' }, replication: { warn: 1, crit: 2 } }
  const here = await checked(standby.connection, 'replay-lag', { thresholds })
  expect(here).toMatchObject([
    { state: 'OK', value: 0, text: expect.stringContaining('replayed all that it received') },
  ])
  const [there] = await until(
    () => checked(primary.connection, 'replication', { thresholds }),
    ([one]) => one!.value === 0,
  )
  expect(there).toMatchObject({ state: 'OK', object: 'standby1', text: 'streaming to 127.0.0.1, 0 B behind' })
})

test('each side skips what is the other one’s', async () => {
  expect(await checked(primary.connection, 'replay-lag')).toMatchObject([
    { state: 'SKIPPED', text: 'this is no standby' },
  ])
  expect(await checked(standby.connection, 'replication')).toMatchObject([
    { state: 'OK', text: 'no standby is connected' },
  ])
})

test('replay that is held up is late on both sides, and stalled at the second look', async () => {
  const state = `${scene.folder}/state`
  await standby.sql('select pg_wal_replay_pause()')
  await write()
  const lsn = await seen()
  await until(
    async () => (await standby.sql(`select pg_last_wal_receive_lsn() >= '${lsn}'::pg_lsn as got`))[0]!.got,
    (got) => got === true,
  )
  await new Promise((resolve) => setTimeout(resolve, 1_200))
  const [late] = await checked(standby.connection, 'replay-lag', {
    thresholds: { 'replay-lag': { warn: '1s', crit: '1h' } },
  })
  expect(late).toMatchObject({
    state: 'WARNING',
    text: expect.stringMatching(/are received and not replayed, \d+ s behind, replay is paused$/),
    try: 'select pg_wal_replay_resume()',
  })
  // The same burst, seen by one who found all replayed a second ago: it is no later than that.
  const idle = `${scene.folder}/idle`
  await standby.sql('select pg_wal_replay_resume()')
  await replayed(lsn)
  await checked(standby.connection, 'replay-lag', { state: idle })
  await standby.sql('select pg_wal_replay_pause()')
  await write()
  const ask = (later: number) => checked(standby.connection, 'replay-lag', { state: idle, now: seconds(later) })
  const [short] = await until(
    () => ask(5),
    ([one]) => one!.value !== 0,
  )
  expect(short!.value).toBeLessThan(20)
  const [first] = await checked(primary.connection, 'replication', { state })
  expect(first).toMatchObject({ state: 'OK', unit: 'B' })
  expect(first!.value).toBeGreaterThan(100_000)
  // The same position a few seconds later is nothing yet.
  expect((await checked(primary.connection, 'replication', { state }))[0]!.state).toBe('OK')
  const [stalled] = await checked(primary.connection, 'replication', { state, now: minutes(2) })
  expect(stalled).toMatchObject({
    state: 'WARNING',
    text: expect.stringMatching(/^streaming to 127\.0\.0\.1, .* behind, and has replayed nothing since 20/),
  })
  await write()
  const over = { thresholds: { replication: { warn: '1kB', crit: '2kB' } }, state }
  expect((await checked(primary.connection, 'replication', over))[0]!.state).toBe('CRITICAL')
  await standby.sql('select pg_wal_replay_resume()')
  await replayed(await seen())
  const calm = () => checked(primary.connection, 'replication', { state, now: minutes(4) })
  expect(await until(calm, ([one]) => one!.value === 0)).toMatchObject([{ state: 'OK' }])
  expect(await checked(standby.connection, 'replay-lag')).toMatchObject([{ state: 'OK', value: 0 }])
})

test('a query of the standby that keeps rows on the primary is a transaction that does not move', async () => {
  const state = `${scene.folder}/horizon`
  const { session } = await import('../../health/scene.ts')
  await standby.sql(
    'alter system set hot_standby_feedback = on',
    "alter system set wal_receiver_status_interval = '1s'",
    'select pg_reload_conf()',
  )
  const reader = await session(standby.url)
  await reader.query('begin isolation level repeatable read; select count(*) from t')
  // Two thousand transactions, each of its own.
  await primary.sql(
    'create table n (i int)',
    'do $$ begin for i in 1..2000 loop insert into n values (i); commit; end loop; end $$',
  )
  const ask = (later: number) => checked(primary.connection, 'oldest-transaction', { state, now: minutes(later) })
  await until(
    () => primary.sql('select backend_xmin is not null as kept from pg_stat_replication'),
    ([row]) => row?.kept === true,
  )
  expect((await ask(0))[0]!.state).toBe('OK')
  const [old] = await ask(90)
  expect(old).toMatchObject({
    state: 'WARNING',
    object: 'standby standby1',
    text: expect.stringMatching(/unmoved for (90 min|2 h)$/),
  })
  await reader.query('rollback')
  await reader.end()
  await until(
    () => ask(91),
    ([one]) => one!.state === 'OK',
  )
})

describe('slots', () => {
  test('nobody reads: told by what it keeps, against its disk; in use it is well', async () => {
    expect(await checked(primary.connection, 'slots')).toMatchObject([
      { state: 'OK', text: 'there is no replication slot' },
    ])
    await primary.sql(`select pg_create_physical_replication_slot('left_over', true)`)
    await write(20_000)
    const [one] = await checked(primary.connection, 'slots', { thresholds: { slots: { warn: '1MB', crit: '10GB' } } })
    expect(one).toMatchObject({
      ...{ state: 'WARNING', object: 'left_over', unit: 'B' },
      text: expect.stringMatching(/^physical, not in use, keeps .* of WAL, .*% of its disk$/),
      try: "bring its reader back, or: select pg_drop_replication_slot('left_over')",
    })
    expect(one!.value).toBeGreaterThan(1 << 20)
    const [small] = await checked(primary.connection, 'slots')
    expect(small!.state).toBe('OK')
    // A tenth of the disk, and not the figure for disks that are not to be seen.
    expect(small!.warn).not.toBe(10 * 2 ** 30)
  })

  test('over max_slot_wal_keep_size it is a warning, and lost it is critical however little it holds', async () => {
    await primary.sql(`alter system set max_slot_wal_keep_size = '16MB'`, 'select pg_reload_conf()')
    const status = async () =>
      (await primary.sql(`select wal_status from pg_replication_slots where slot_name = 'left_over'`))[0]!.wal_status
    for (let n = 0; (await status()) !== 'unreserved' && n < 20; n++) await write(20_000)
    const [over] = await checked(primary.connection, 'slots')
    expect(over).toMatchObject({
      state: 'WARNING',
      text: expect.stringContaining('may be lost at the next checkpoint'),
    })
    await primary.sql('checkpoint')
    for (let n = 0; (await status()) !== 'lost' && n < 20; n++)
      await primary.sql('select pg_switch_wal()', 'checkpoint')
    const [lost] = await checked(primary.connection, 'slots')
    expect(lost).toMatchObject({ state: 'CRITICAL', try: "select pg_drop_replication_slot('left_over')" })
    await primary.sql(`select pg_drop_replication_slot('left_over')`)
    expect(await checked(primary.connection, 'slots')).toMatchObject([{ state: 'OK' }])
  })
})

test('a synchronous standby that is not there stops every commit, and that is told', async () => {
  await primary.sql(`alter system set synchronous_standby_names = 'nobody'`, 'select pg_reload_conf()')
  try {
    const found = await until(
      () => checked(primary.connection, 'replication'),
      (all) => all.some(({ object }) => object === 'synchronous'),
    )
    expect(found[0]).toMatchObject({ state: 'CRITICAL', text: expect.stringContaining('every commit waits') })
  } finally {
    await primary.sql(
      `set synchronous_commit = off`,
      `alter system reset synchronous_standby_names`,
      'select pg_reload_conf()',
    )
  }
  await until(
    () => checked(primary.connection, 'replication'),
    (all) => all.every(({ state }) => state === 'OK'),
  )
})

test('a standby that is cut off is critical, although it has replayed all that it received', async () => {
  primary.stop('immediate')
  const [alone] = await until(
    () => checked(standby.connection, 'replay-lag'),
    ([one]) => one!.state === 'CRITICAL',
  )
  expect(alone).toMatchObject({
    text: expect.stringMatching(/^it receives nothing from its primary; its last transaction/),
  })
  await scene.start(primary)
  await until(
    () => checked(standby.connection, 'replay-lag'),
    ([one]) => one!.state === 'OK',
  )
})
