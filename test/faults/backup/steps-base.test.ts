// `backup run --kind base` killed at every step, and in the middle of pg_basebackup, which lives on for a while.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { load, majorOf, makeTicks, type PhysicalScene, physicalScene } from '../../backup/physical-scene.ts'
import { arxdbBeside } from '../../servers/beside.ts'
import { tiers } from '../../servers/databases.ts'
import { findPostgres } from '../../servers/postgres.ts'
import { atEach, listed, repositoryWords, sampled } from '../harness/afterwards.ts'
import { stepsOf } from '../harness/faulty.ts'
import { clearedWhenOld, type Host, hostIn, runSurvives } from './steps-host.ts'

const [tier] = tiers().filter(({ name }) => name === 'plain' || name === 'community')

describe.runIf(tier)('backup run --kind base', () => {
  let scene: PhysicalScene
  let bindir: string
  const base = mkdtempSync(join(tmpdir(), 'arxdb-steps-base-'))
  beforeAll(async () => {
    bindir = (await findPostgres()).installation.bindir
    scene = await physicalScene({ bindir, major: majorOf(bindir), tier: 'plain' })
    await makeTicks(scene)
    await load(scene, 0, 5_000)
  }, 120_000)
  afterAll(async () => {
    await scene?.end()
    rmSync(base, { recursive: true, force: true })
  }, 60_000)

  const words = (host: Host) => {
    const { host: folder } = scene.production.connection('postgres')
    const url = `postgres:///postgres?host=${folder}&port=5432&user=postgres`
    return ['backup', 'run', '--kind', 'base', '--url', url, '-o', 'json', ...repositoryWords(host)]
  }

  test('3: killed at any step it leaves nothing half, and the next one is well', async () => {
    const first = hostIn(base, undefined, { bindir })
    await stepsOf(first.subject, words(first))
    const before = (await listed(first)).map(({ label }) => label)
    const second = hostIn(base, first, { bindir })
    const steps = await stepsOf(second.subject, words(second))
    let host = first
    await atEach(sampled(steps, 5), async (at) => {
      host = hostIn(base, first, { bindir })
      await runSurvives(host, words(host), before, { at })
    })
    await clearedWhenOld(host)
  }, 400_000)

  test('3: what a killed one was making goes with the next, although pg_basebackup still writes there', async () => {
    const slow = mkdtempSync(join(base, 'bin-'))
    const sign = join(slow, 'works')
    const slowly = `#!/bin/bash\n[ "$1" = --version ] && exec ${bindir}/pg_basebackup --version\necho $$ >${sign}\nexec ${bindir}/pg_basebackup --max-rate=200k "$@"\n`
    writeFileSync(join(slow, 'pg_basebackup'), slowly)
    for (const name of ['pg_verifybackup', 'pg_waldump', 'postgres', 'pg_controldata'])
      writeFileSync(join(slow, name), `#!/bin/bash\nexec ${bindir}/${name} "$@"\n`)
    for (const name of ['pg_basebackup', 'pg_verifybackup', 'pg_waldump', 'postgres', 'pg_controldata'])
      chmodSync(join(slow, name), 0o755)
    const host = hostIn(base, undefined, { bindir })
    const [file, ...args] = arxdbBeside('plain', words({ ...host, bindir: slow }))
    const { PATH = '' } = process.env
    const child = spawn(file!, args, {
      cwd: host.subject.home,
      env: { PATH, ...host.env },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let said = ''
    child.stderr!.on('data', (chunk: Buffer) => {
      said += chunk.toString()
    })
    for (let waited = 0; !existsSync(sign) || readFileSync(sign, 'utf8') === ''; waited += 50) {
      if (waited > 60_000) throw new Error('pg_basebackup does not begin')
      await sleep(50)
    }
    await sleep(500)
    expect(child.exitCode, said).toBeNull()
    child.kill('SIGKILL')
    await once(child, 'exit')
    const tool = Number(readFileSync(sign, 'utf8'))
    try {
      expect(existsSync(`/proc/${tool}`)).toBe(true)
      // At the first step the next one is killed too: its folder has to go as well.
      await runSurvives(host, words(host), [], { at: 'staging made' })
    } finally {
      try {
        process.kill(-tool, 'SIGKILL')
      } catch {}
    }
  }, 200_000)
})
