// Checks of who is connected, and of what they do.
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeTiers, migratedDatabase, type TestDatabase, withClient } from '../servers/databases.ts'
import { checked, session } from './scene.ts'

describeTiers('sessions', (tier) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await migratedDatabase(tier)
  })
  afterAll(() => database?.drop())

  test('connections', async () => {
    const [fine] = await checked(database.connection, 'connections')
    expect(fine).toMatchObject({
      state: 'OK',
      unit: '%',
      text: expect.stringMatching(/^\d+ of \d+ taken, \d+ idle; most by /),
    })
    const [full] = await checked(database.connection, 'connections', {
      thresholds: { connections: { warn: 0.1, crit: '90%' } },
    })
    expect(full).toMatchObject({
      state: 'WARNING',
      warn: 0.1,
      crit: 90,
      try: expect.stringContaining('max_connections'),
    })
    expect(full!.value).toBeGreaterThan(0)
  })

  test('long-queries', async () => {
    const seen = () =>
      checked(database.connection, 'long-queries', { thresholds: { 'long-queries': { warn: '1s', crit: '10m' } } })
    const sleeper = await session(database.url)
    await sleeper.query(`set application_name = 'sleeper'`)
    const sleeping = sleeper.query('select pg_sleep(30)').catch(() => {})
    await sleep(1_300)
    const found = (await seen()).filter(({ text }) => text.includes('(sleeper)'))
    expect(found).toMatchObject([
      { state: 'WARNING', object: expect.stringMatching(/^pid \d+$/), text: expect.stringContaining('pg_sleep(30)') },
    ])
    expect(found[0]!.value).toBeGreaterThan(1)
    expect(Date.parse(found[0]!.since!)).toBeLessThan(Date.now())
    const end = `select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = 'sleeper'`
    await withClient(database.url, (client) => client.query(end))
    await sleeping
    expect((await seen()).filter(({ text }) => text.includes('(sleeper)'))).toEqual([])
    const [clear] = await checked(database.connection, 'long-queries', {
      thresholds: { 'long-queries': { warn: '1h', crit: '2h' } },
    })
    expect(clear).toMatchObject({ state: 'OK', text: 'no query runs long', value: null })
  })

  test('invalid-indexes', async () => {
    expect(await checked(database.connection, 'invalid-indexes')).toMatchObject([
      { state: 'OK', text: 'every index is valid' },
    ])
    const client = await session(database.url)
    await client.query('create table twice (i int); insert into twice values (1), (1)')
    await expect(client.query('create unique index concurrently twice_i on twice (i)')).rejects.toMatchObject({
      code: '23505',
    })
    expect(await checked(database.connection, 'invalid-indexes')).toMatchObject([
      {
        state: 'CRITICAL',
        object: 'twice_i',
        text: expect.stringContaining('twice'),
        try: 'reindex index concurrently twice_i',
      },
    ])
    await client.query('drop table twice')
    await client.end()
    expect(await checked(database.connection, 'invalid-indexes')).toMatchObject([{ state: 'OK' }])
  })
})
