// A retention policy that is due when a backup is restored would delete, within seconds, what was just brought back: its
// age is counted from today. The same directory with and without the guard, so that this can fail.
import { chown, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { baseMethod } from '../../../src/backup/methods/base.ts'
import { type IsolatedServer, serverAccount } from '../../../src/backup/restore/isolated.ts'
import { asking, majorOf, type PhysicalScene, physicalScene } from '../../backup/physical-scene.ts'
import { session } from '../../cli/session.ts'
import { tiers } from '../../servers/databases.ts'
import { findPostgres } from '../../servers/postgres.ts'

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

  /** As its owner would start it: with what the directory itself says. */
  async function byHand<T>(
    dataDir: string,
    ask: (server: Pick<IsolatedServer, 'connection'>) => Promise<T>,
  ): Promise<T> {
    const account = serverAccount()
    const sockets = await mkdtemp('/tmp/arxdb-hand-')
    if (account) await chown(sockets, account.uid, account.gid)
    const options = { ...(account ? { uid: account.uid, gid: account.gid } : {}), cwd: '/', stdio: 'ignore' } as const
    const control = (...args: string[]) => execa(join(bindir, 'pg_ctl'), ['-D', dataDir, '-w', ...args], options)
    await control('start', '-o', `-c listen_addresses= -c shared_preload_libraries=timescaledb -k ${sockets}`)
    try {
      const base = { port: 5432, user: 'postgres', tls: false, connectTimeoutMs: 5_000, origin: 'the test' } as const
      return await ask({ connection: (database) => ({ ...base, host: sockets, database }) })
    } finally {
      await control('stop', '-m', 'immediate')
      await rm(sockets, { recursive: true, force: true })
    }
  }

  const arxdb = (...args: string[]) =>
    session(args, { env: { PATH: process.env.PATH }, cwd: '/', now: new Date().toISOString() })

  test('deletes nothing until the workers are let loose, and would then', async () => {
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
    await byHand(into, async (server) => {
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
    await byHand(into, async (server) => {
      let left = 86_401
      for (let tries = 0; left === 86_401 && tries < 200; tries++) {
        await sleep(100)
        left = await count(server)
      }
      expect(left).toBeLessThan(17_000)
    })
  })
})
