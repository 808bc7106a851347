// What was read since the last run, and no figure where that tells nothing.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeTiers, migratedDatabase, type TestDatabase, withClient } from '../servers/databases.ts'
import { checked } from './scene.ts'

describeTiers('cache-hit', (tier) => {
  let database: TestDatabase
  let state: string
  beforeAll(async () => {
    database = await migratedDatabase(tier)
    state = mkdtempSync(join(tmpdir(), 'arxdb-hit-'))
    // Larger than the server's 64 MB of shared buffers, so that reading it through finds nothing.
    await withClient(database.url, async (client) => {
      await client.query('create table big (filler text)')
      await client.query('alter table big alter filler set storage plain')
      await client.query(`insert into big select repeat('x', 4000) from generate_series(1, 20000)`)
      await client.query('vacuum big')
      await client.query('create table small as select i from generate_series(1, 100000) i')
    })
  })
  afterAll(async () => {
    rmSync(state, { recursive: true, force: true })
    await database?.drop()
  })

  const asked = async () => (await checked(database.connection, 'cache-hit', { state }))[0]!
  const read = async (...statements: readonly string[]) => {
    await withClient(database.url, async (client) => {
      for (const one of [...statements, 'select pg_stat_force_next_flush()']) await client.query(one)
    })
    await sleep(100)
  }

  test('is judged by what was read since the last run, and never below nothing', async () => {
    expect(await asked()).toMatchObject({ state: 'SKIPPED', text: 'there is no earlier run to count from' })
    expect(await asked()).toMatchObject({ state: 'SKIPPED', text: expect.stringMatching(/tell too little/) })

    await read('set max_parallel_workers_per_gather = 0', ...Array(2).fill('select count(filler) from big'))
    const cold = await asked()
    expect(cold).toMatchObject({ state: 'CRITICAL', unit: '%', try: expect.stringContaining('shared_buffers') })
    expect(cold.value).toBeLessThan(90)

    await read('set max_parallel_workers_per_gather = 0', ...Array(60).fill('select count(*) from small'))
    const warm = await asked()
    expect(warm).toMatchObject({ state: 'OK', text: expect.stringMatching(/^\d+\.\d% of [\d,]+ blocks since /) })
    expect(warm.value).toBeGreaterThan(95)

    // Counted anew, and beyond the old figures again before anybody looks.
    await read('select pg_stat_reset()', ...Array(90).fill('select count(*) from small'))
    expect(await asked()).toMatchObject({ state: 'SKIPPED', text: expect.stringMatching(/^statistics were reset/) })
    // Others on the same server may have driven the table out of its memory meanwhile; then the next round finds it there.
    const again = async (): Promise<unknown> => {
      await read('set max_parallel_workers_per_gather = 0', ...Array(60).fill('select count(*) from small'))
      return (await asked()).state
    }
    await expect.poll(again, { timeout: 45_000, interval: 50 }).toBe('OK')
  })
})
