// A retention policy that is due when a backup is restored would delete, within seconds, what was just brought back: its
// age is counted from today. The same directory with and without the guard, so that this can fail.
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { baseMethod } from '../../../src/backup/methods/base.ts'
import type { IsolatedServer } from '../../../src/backup/restore/isolated.ts'
import { asking, majorOf, type PhysicalScene, physicalScene } from '../../backup/physical-scene.ts'
import { session } from '../../cli/session.ts'
import { tiers } from '../../servers/databases.ts'
import { findPostgres } from '../../servers/postgres.ts'
import { byHand } from './by-hand.ts'

const PRELOAD = '-c shared_preload_libraries=timescaledb'
const community = tiers().some(({ name }) => name === 'community')

describe.runIf(community)('a restore with a due retention policy', () => {
  let scene: PhysicalScene
  let bindir: string

  const count = (server: Pick<IsolatedServer, 'connection'>): Promise<number> =>
    asking(server, async (client) => (await client.query('select count(*)::int as n from bars')).rows[0].n)

  beforeAll(async () => {
    bindir = (await findPostgres()).installation.bindir
    scene = await physicalScene({ bindir, major: majorOf(bindir), tier: 'community' })
    await scene.client.query(`
      create table bars (at timestamptz not null, close float8);
      select create_hypertable('bars', 'at', chunk_time_interval => interval '1 day');
      insert into bars select t, 1 from generate_series(now() - interval '60 days', now(), interval '1 minute') t;
      select add_retention_policy('bars', interval '10 days')`)
    await scene.backup(baseMethod, 'base')
    await scene.client.query('select pg_switch_wal()')
  })

  afterAll(() => scene.end())

  const arxdb = (...args: string[]) =>
    session(args, { env: { PATH: process.env.PATH }, cwd: '/', now: new Date().toISOString() })

  test('44: deletes nothing until the workers are let loose, and would then', async () => {
    const into = join(scene.folder, 'restored', 'bars')
    const { repo, keyFile } = scene.settings
    const where = ['--repo', repo, '--key-file', keyFile, '--bindir', bindir]
    const plan = await arxdb('restore', 'plan', '--to', 'backup', ...where, '--json')
    const jobs = JSON.parse(plan.stdout).filter(({ check }: { check: string }) => check === 'job')
    expect(jobs).toMatchObject([
      { outcome: 'warning', detail: expect.stringMatching(/retention.*bars.*would then delete/) },
    ])
    const run = await arxdb('restore', 'run', '--to', 'backup', '--into', into, ...where)
    expect(run.stderr).toContain('timescaledb.max_background_workers = 0')
    expect(run.code).toBe(0)
    await byHand({ dataDir: into, bindir, more: PRELOAD }, async (server) => {
      expect(await count(server)).toBe(86_401)
      // TimescaleDB ran such a job within three seconds of the promotion.
      await sleep(6_000)
      expect(await count(server)).toBe(86_401)
    })

    const shown = await arxdb('restore', 'open', into, '--bindir', bindir, '--dry-run', '--json')
    expect(JSON.parse(shown.stdout)).toMatchObject([
      { database: 'postgres', job: 'policy_retention', relation: 'public.bars', due: true, deletes: true },
    ])
    expect(shown.stderr).toContain('deletes as soon as the server starts')
    expect((await arxdb('restore', 'open', into, '--bindir', bindir, '--yes')).code).toBe(0)
    await byHand({ dataDir: into, bindir, more: PRELOAD }, async (server) => {
      let left = 86_401
      for (let tries = 0; left === 86_401 && tries < 200; tries++) {
        await sleep(100)
        left = await count(server)
      }
      expect(left).toBeLessThan(17_000)
    })
  })
})
