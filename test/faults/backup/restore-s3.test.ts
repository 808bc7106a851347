// WAL comes from S3 while a server recovers, and the way there fails in the middle of the archive: nothing is promoted,
// whatever the failure is, and whether arxdb hands the files over or is the restore_command itself.
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openRepository } from '../../../src/backup/repository.ts'
import { unpackChain } from '../../../src/backup/restore/chain.ts'
import { readControl } from '../../../src/backup/restore/control.ts'
import { serverAccount, startIsolated } from '../../../src/backup/restore/isolated.ts'
import { sweepLeftovers } from '../../../src/backup/restore/leftovers.ts'
import { packageRoot } from '../../../src/statements/package-root.ts'
import { asking, contentOf } from '../../backup/physical-scene.ts'
import { tiers } from '../../servers/databases.ts'
import { motoReason } from '../../servers/moto.ts'
import { findPostgres } from '../../servers/postgres.ts'
import type { Fault } from '../harness/s3-proxy.ts'
import { type S3Scene, s3Scene } from './scene-s3.ts'

const noMoto = motoReason()
const own = tiers().some(({ name }) => name !== 'apache')

describe.skipIf(noMoto || !own)(`from S3${noMoto ? ` (${noMoto})` : ''}`, () => {
  let s3: S3Scene
  let bindir: string
  let restores = 0

  beforeAll(async () => {
    bindir = (await findPostgres()).installation.bindir
    s3 = await s3Scene(bindir)
  }, 120_000)
  afterAll(() => s3?.end())

  const into = (): string => join(s3.scene.folder, 'restored', `s3-${++restores}`)
  /** `planned`: a plan has looked at its first bytes by then, and the fault comes behind that. */
  const onMiddle = (fault: Fault, planned = false): void => {
    let looks = planned ? 1 : 0
    s3.fault((path, method) => {
      if (!path.includes(s3.middle)) return 'pass'
      return method === 'GET' && looks-- > 0 ? 'pass' : fault
    })
  }

  test.each([
    ['answered with 403', 403, 'latest', /HTTP 403/],
    ['answered with 503', 503, 'a time', /HTTP 503/],
    ['cut half-way', 'cut', 'a time', /cannot read/],
    ['flipped in one bit', 'flip', 'latest', /SHA-256/],
  ] as const)(
    '37: a segment in the middle that is %s ends a restore, and is no end of the WAL',
    async (_, fault, to, why) => {
      const place = into()
      onMiddle(fault, true)
      const target = to === 'latest' ? to : s3.moments[3]!.time
      const run = await s3.arxdb('restore', 'run', '--to', target, '--into', place, '-o', 'json')
      s3.fault()
      expect(run, run.stderr).toMatchObject({ code: 1, stdout: '' })
      const { error } = JSON.parse(run.stderr.trim().split('\n').at(-1)!)
      expect(error).toMatchObject({
        ...{ code: 'wal-unavailable', message: expect.stringContaining(s3.middle), exit: 1 },
        detail: expect.stringMatching(why),
      })
      // What became of the directory is told, and true.
      expect(error.detail).toContain(`${place} is empty again`)
      expect(readdirSync(place)).toEqual([])
      expect(await sweepLeftovers()).not.toContain(place)
    },
  )

  test('37: when the way is open again the same command succeeds', async () => {
    const run = await s3.arxdb('restore', 'run', '--to', 'latest', '--into', into(), '-o', 'json')
    expect(run, run.stderr).toMatchObject({ code: 0 })
  })

  test('37: a store that fails while a drill reads it says nothing against the backup', async () => {
    s3.fault((path, method) => (method === 'GET' && /base\.tar/.test(path) ? 503 : 'pass'))
    const drilled = await s3.arxdb('backup', 'drill', '-o', 'json')
    s3.fault()
    expect(drilled.code, drilled.stderr).toBe(1)
    expect(drilled.stderr).toMatch(/HTTP 503/)
    expect(drilled.stderr).not.toMatch(/damaged/)
    const planned = await s3.arxdb('restore', 'plan', '--to', 'latest', '-o', 'json')
    expect(planned.code, planned.stdout).toBe(0)
    expect(planned.stdout).not.toContain('FAILED')
  })

  test('38: a segment that never comes ends the recovery', async () => {
    onMiddle('hang')
    const { repo, way, moto, scene } = s3
    Object.assign(process.env, moto.env)
    const settings = { endpoint: way.endpoint, pathStyle: true, region: 'us-east-1' }
    const repository = await openRepository({ repo, s3: settings }, 'must exist')
    const place = into()
    const restored = scene.restore([s3.backup], { repository, into: place, fetchMs: 3_000 })
    await expect(restored).rejects.toMatchObject({ code: 'wal-unavailable' })
    s3.fault()
    await repository.close()
    expect(existsSync(join(place, 'postmaster.pid'))).toBe(false)
    expect(readdirSync(join(place, 'pg_wal'))).not.toContain('00000002.history')
  })

  /** As an owner recovers by hand: `arxdb wal fetch` is the restore_command. */
  async function byHand(place: string): Promise<{ alive: boolean; rows: string | undefined; log: string }> {
    const { scene, backup, repo, way, moto } = s3
    const account = serverAccount()
    const { repository, key, programs } = scene
    const signal = AbortSignal.timeout(60_000)
    const how = { repository, key, chain: [backup], programs, env: process.env, signal }
    await unpackChain({ ...how, into: place, account, progress() {} })
    writeFileSync(join(place, 'recovery.signal'), '')
    const keys = Object.entries(moto.env).map(([name, value]) => `${name}=${value}`)
    const words = [
      ...['env', ...keys, process.execPath, join(packageRoot(), 'bin/arxdb.js'), 'wal', 'fetch', '%f', '%p'],
      ...['--deadline', '6s', '--repo', repo, '--s3-endpoint', way.endpoint, '--s3-path-style'],
      ...['--s3-region', 'us-east-1'],
    ]
    const starting = startIsolated({
      ...{ dataDir: place, programs, env: process.env, signal },
      settings: {
        restore_command: words.map((word) => (word.includes('%') ? `"${word}"` : word)).join(' '),
        ...{ recovery_target_timeline: 'current', recovery_target_action: 'promote' },
      },
    })
    let log = ''
    const server = await starting.catch((error: { detail?: string }) => {
      log = String(error.detail)
    })
    if (!server) return { alive: false, rows: undefined, log }
    try {
      for (let tries = 0; tries < 600 && server.running(); tries++) {
        const found = await asking(server, async (client) => {
          const { rows } = await client.query('select pg_is_in_recovery() as recovering')
          return rows[0].recovering ? undefined : (await contentOf(client)).rows
        }).catch(() => undefined)
        if (found !== undefined) return { alive: true, rows: found, log: server.log() }
        await sleep(100)
      }
      return { alive: server.running(), rows: undefined, log: server.log() }
    } finally {
      await server.stop()
    }
  }

  test.each([
    ['37: with wal fetch as restore_command, 403', 403],
    ['37: with wal fetch as restore_command, a cut answer', 'cut'],
    ['38: with wal fetch as restore_command, an answer that never comes', 'hang'],
  ] as const)('%s ends the recovery', async (_, fault) => {
    const place = into()
    onMiddle(fault)
    const { alive, rows, log } = await byHand(place)
    s3.fault()
    expect([alive, rows], log).toEqual([false, undefined])
    expect(log).toMatch(/could not restore file/)
    expect(readdirSync(join(place, 'pg_wal'))).not.toContain('00000002.history')
    const { programs } = s3.scene
    const account = serverAccount()
    expect((await readControl(place, { programs, env: process.env, account })).state).toBe('in archive recovery')
  })

  test('38: and the whole archive comes by it when nothing is in the way', async () => {
    expect(await byHand(into())).toMatchObject({ alive: true, rows: s3.moments[4]!.rows })
  })
})
