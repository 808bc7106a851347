// Checks of who waits for whom, and of transactions that stay open.
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lockTrees } from '../../src/health/lock-tree.ts'
import { describeTiers, migratedDatabase, type TestDatabase, withClient } from '../servers/databases.ts'
import { checked, session } from './scene.ts'

describeTiers('transactions', (tier) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await migratedDatabase(tier)
    await withClient(database.url, (client) => client.query('create table held (i int)'))
  })
  afterAll(() => database?.drop())

  // Other tests have their sessions on the same server: ours are told by their names.
  const found = async (check: string, name: string, warn: string) => {
    const thresholds = { [check]: { warn, crit: '1h' } }
    return (await checked(database.connection, check, { thresholds })).filter(({ text }) => text.includes(name))
  }
  const named = async (name: string) => {
    const client = await session(database.url)
    await client.query(`set application_name = '${name}'`)
    const { rows } = await client.query('select pg_backend_pid() as pid')
    return { client, pid: rows[0].pid as number }
  }

  test('blocking: a relation lock too, as a tree below the root', async () => {
    const holder = await named('holder')
    const second = await named('second')
    const third = await named('third')
    await holder.client.query('begin; lock table held in access exclusive mode')
    const reading = second.client.query('begin; select from held; select pg_sleep(0)').catch(() => {})
    await sleep(300)
    const changing = third.client.query('begin; lock table held in share mode').catch(() => {})
    await sleep(1_000)
    const [one, ...more] = await found('blocking', '(holder)', '1s')
    expect(more).toEqual([])
    expect(one).toMatchObject({ state: 'WARNING', object: `pid ${holder.pid}`, unit: 's' })
    expect(one!.text).toMatch(/^postgres \(holder\), idle in transaction for \d+ s, holds up 2 sessions: /)
    const waits = `pid ${second.pid} \\(postgres\\) waits for \\d+ s on ${holder.pid}, pid ${third.pid}`
    expect(one!.text).toMatch(new RegExp(waits))
    expect(one!.text).toContain('it said: begin; lock table held in access exclusive mode')
    expect(one!.try).toBe(`select pg_terminate_backend(${holder.pid})`)
    expect(one!.value).toBeGreaterThan(1)
    expect(Date.now() - Date.parse(one!.since!)).toBeLessThan(30_000)
    await holder.client.query('rollback')
    await reading
    await second.client.query('rollback')
    await changing
    await third.client.query('rollback')
    expect(await found('blocking', '(holder)', '1s')).toEqual([])
    await Promise.all([holder, second, third].map(({ client }) => client.end()))
    const [clear] = await checked(database.connection, 'blocking')
    expect(clear).toMatchObject({ state: 'OK' })
  })

  test('idle-in-transaction counts from when it fell idle, not from its beginning', async () => {
    const { client, pid } = await named('idler')
    await client.query('begin')
    await client.query('select pg_sleep(4)')
    expect(await found('idle-in-transaction', '(idler)', '4s')).toEqual([])
    await sleep(1_200)
    const [one] = await found('idle-in-transaction', '(idler)', '1s')
    expect(one).toMatchObject({
      ...{ state: 'WARNING', object: `pid ${pid}`, try: `select pg_terminate_backend(${pid})` },
      text: expect.stringMatching(/^postgres \(idler\) idles for \d+ s in a transaction, after: select pg_sleep\(4\)$/),
    })
    await client.query('rollback')
    expect(await found('idle-in-transaction', '(idler)', '1s')).toEqual([])
    await client.end()
  })

  test('oldest-transaction: however busy it is', async () => {
    const { client, pid } = await named('elder')
    await client.query('begin isolation level repeatable read; select 1')
    await sleep(1_200)
    const busy = client.query('select pg_sleep(1)')
    const [one] = await found('oldest-transaction', '(elder)', '1s')
    expect(one).toMatchObject({
      state: 'WARNING',
      object: `pid ${pid}`,
      text: expect.stringMatching(/ began \d+ s ago$/),
    })
    await busy
    await client.query('rollback')
    expect(await found('oldest-transaction', '(elder)', '1s')).toEqual([])
    await client.end()
    expect(await checked(database.connection, 'oldest-transaction')).toMatchObject([{ state: 'OK' }])
  })
})

describe('trees', () => {
  const one = (pid: number, blockers: readonly number[], seconds: number | null = pid) => ({ pid, blockers, seconds })
  const shape = (sessions: Parameters<typeof lockTrees>[0]) =>
    lockTrees(sessions).map(({ root, waiting }) => [root.pid, ...waiting.map(({ pid }) => pid)])

  test('of several roots, of one who waits for two, and of a ring', () => {
    expect(shape([])).toEqual([])
    expect(shape([one(1, [], null), one(2, [1]), one(3, [2])])).toEqual([[1, 3, 2]])
    expect(shape([one(1, [], null), one(9, [], null), one(2, [1]), one(5, [1, 9])])).toEqual([
      [1, 5, 2],
      [9, 5],
    ])
    expect(shape([one(0, [], null), one(4, [0])])).toEqual([[0, 4]])
    expect(shape([one(7, [8]), one(8, [7]), one(9, [8])])).toEqual([[7, 9, 8]])
  })
})
