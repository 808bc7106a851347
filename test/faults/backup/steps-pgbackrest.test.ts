// `backup run --kind pgbackrest` killed at every step. What pgBackRest was at goes on by itself, and holds its lock.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readCatalogue } from '../../../src/backup/catalogue.ts'
import { atEach, listed, repositoryWords, sampled, within } from '../harness/afterwards.ts'
import { runFaulty, stepsOf } from '../harness/faulty.ts'
import { BIN, canRun, openScene, type Scene } from './scene-pgbackrest.ts'
import { clearedWhenOld, type Host, hostIn, runSurvives } from './steps-host.ts'

describe.skipIf(!canRun)('backup run --kind pgbackrest', () => {
  let scene: Scene
  const base = mkdtempSync(join(tmpdir(), 'arxdb-steps-pgbackrest-'))
  beforeAll(async () => {
    scene = await openScene({ segmentMb: 64, begin: '00000001000000000000003F' })
    const client = await scene.client()
    await client.query('create table t as select g, md5(g::text) as m from generate_series(1, 1000) as g')
    await client.end()
  }, 120_000)
  afterAll(async () => {
    await scene?.close()
    rmSync(base, { recursive: true, force: true })
  }, 60_000)

  const place = () => ({ bindir: BIN, env: scene.env })
  async function insert(): Promise<void> {
    const client = await scene.client()
    await client.query('insert into t select g, md5(random()::text) from generate_series(1, 100) as g')
    await client.end()
  }
  const words = (host: Host) => [
    ...['backup', 'run', '--kind', 'pgbackrest', '--stanza', 'main', '--url', scene.url, '-o', 'json'],
    ...repositoryWords(host),
  ]

  const rowsOf = async (client: pg.Client): Promise<string> =>
    (await client.query("select string_agg(t::text, ',' order by g, m) as all from t")).rows[0].all

  test('3: killed at any step it leaves nothing half, and the next one is well', async () => {
    const first = hostIn(base, undefined, place())
    await stepsOf(first.subject, words(first))
    const before = (await listed(first)).map(({ label }) => label)
    // pgBackRest does not tell the size of segments, and this one begins where a guess would be wrong.
    const [entry] = await within(first, (repository) => readCatalogue(repository, undefined))
    expect(entry!.manifest!.wal).toMatchObject({ start: expect.stringMatching(/^1\/28$/), segmentBytes: 64 << 20 })
    const second = hostIn(base, first, place())
    const steps = await stepsOf(second.subject, words(second))
    let host = first
    await atEach(sampled(steps, 4, /^pgbackrest backup/), async (at) => {
      host = hostIn(base, first, place())
      await insert()
      await runSurvives(host, words(host), before, { at })
    })
    await clearedWhenOld(host)

    // The last one brings back every row, those that came between two killed runs too.
    const into = join(scene.folder, 'back')
    const restored = await runFaulty(host.subject, [
      ...['restore', 'run', '--to', 'backup', '--into', into],
      ...repositoryWords(host),
    ])
    expect(restored, restored.stderr).toMatchObject({ code: 0 })
    const client = await scene.client()
    const original = await rowsOf(client).finally(() => client.end())
    expect(original.length).toBeGreaterThan(37_000)
    expect(await scene.within(into, rowsOf)).toBe(original)
  }, 400_000)

  test('8: it waits for one that pgBackRest is at, be it of an arxdb that was killed', async () => {
    const host = hostIn(base, undefined, place())
    const lock = join(scene.folder, 'lock/main-backup.lock')
    scene.run('touch', [lock])
    const holder = spawn('flock', [lock, 'sleep', '5'], { stdio: 'ignore' })
    try {
      const ended = await runFaulty(host.subject, words(host))
      expect(ended, ended.stderr).toMatchObject({ code: 0 })
      expect(holder.exitCode).toBe(0)
      // What is no lock of another one is not waited for.
      scene.run('sh', ['-c', `touch ${lock}; chmod 000 ${lock}`])
      const refused = await runFaulty(host.subject, words(host))
      expect(refused.stderr).toContain('Permission denied')
    } finally {
      scene.run('rm', ['-f', lock])
      holder.kill()
    }
  }, 60_000)
})
