// Two hosts, or two cron jobs of one, at the same repository: one wins, the other is told who, and what died on another
// host is passed over after its term and never before.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { build } from 'esbuild'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { takeLease } from '../../../src/backup/lease.ts'
import { openRepository } from '../../../src/backup/repository.ts'
import { arxdbBeside } from '../../servers/beside.ts'
import { migratedDatabase, type TestDatabase, tiers } from '../../servers/databases.ts'
import { type Moto, motoReason, startMoto } from '../../servers/moto.ts'
import { type Fault, planted, standingAt, stepsOf } from '../harness/faulty.ts'
import { noOtherHost, onHost } from '../harness/other-host.ts'
import { configured, type Desk, deskOf, toldError } from './desk.ts'

const plain = tiers().find(({ name }) => name === 'plain')
const alone = noOtherHost()
const noMoto = motoReason()

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds(); waited += 50) {
    if (waited > 60_000) throw new Error(`${what} does not come about`)
    await sleep(50)
  }
}

describe.skipIf(!plain || alone)(`9: two hosts${alone ? ` (${alone})` : ''}`, () => {
  let moto: Moto | undefined
  const databases: TestDatabase[] = []
  const desks: Desk[] = []
  beforeAll(async () => {
    if (noMoto) return
    moto = await startMoto()
    await moto.bucket('hosts')
  })
  afterAll(async () => {
    moto?.stop()
    for (const desk of desks) desk.end()
    for (const database of databases) await database.drop()
  })

  async function desk(name?: string): Promise<Desk> {
    const database = await migratedDatabase(plain!)
    databases.push(database)
    const place = name
      ? {
          repo: `s3://hosts/${name}`,
          s3: { endpoint: moto!.endpoint, pathStyle: true, region: 'us-east-1' },
          env: moto!.env,
        }
      : {}
    const one = deskOf(database, place)
    desks.push(one)
    return one
  }

  interface Run {
    readonly child: ChildProcess
    readonly said: () => string
    /** Its exit code. */
    readonly ended: Promise<number | null>
  }

  /** `backup run` on a host of that name. */
  function runOn(host: string, at: Desk, more: readonly string[] = [], fault: Fault = {}): Run {
    const [file, ...args] = onHost(host, arxdbBeside('plain', at.words('-o', 'json', ...more)))
    const { PATH = '' } = process.env
    const env = { PATH, HOME: at.home, TZ: 'UTC', ...at.env, ...planted('plain', fault) }
    const child = spawn(file!, args, { cwd: at.home, env, stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    child.stderr!.on('data', (chunk: Buffer) => {
      said += chunk.toString()
    })
    return { child, said: () => said, ended: once(child, 'close').then(([code]) => code as number | null) }
  }

  /** A run on that host that stands still in the middle, until `go`. */
  async function standingOn(host: string, at: Desk, fault: Fault = {}): Promise<Run & { go(): void }> {
    const [sign, gate] = [join(at.home, 'stands'), join(at.home, 'go')]
    const before = `touch ${sign}; while [ ! -e ${gate} ]; do sleep 0.1; done`
    const run = runOn(host, at, configured(at, 'standing.json', { hooks: { before } }), fault)
    await until('the first run', () => existsSync(sign) || run.child.exitCode !== null)
    expect(run.child.exitCode, run.said()).toBeNull()
    return { ...run, go: () => writeFileSync(gate, '') }
  }

  /** One on alpha stands; one on beta is refused and names alpha, which then goes on and is well. */
  async function oneWins(at: Desk, fault: Fault = {}): Promise<void> {
    const alpha = await standingOn('alpha', at, fault)
    const beta = runOn('beta', at)
    const code = await beta.ended
    expect(code, beta.said()).toBe(6)
    const error = toldError({ stderr: beta.said() } as never)
    expect(error).toMatchObject({ code: 'lease-busy', exit: 6, detail: expect.stringContaining('on alpha') })
    alpha.go()
    expect(await alpha.ended, alpha.said()).toBe(0)
    expect(await at.list()).toMatchObject([{ status: 'good' }])
    expect((await at.records()).filter(({ job }) => job === 'run')).toMatchObject([{ host: 'alpha', outcome: 'ok' }])
    expect(await at.recovers()).toBe(2)
  }

  test(
    '9: in a folder that both see: the second is refused, and told the host',
    async () => oneWins(await desk()),
    120_000,
  )

  test.skipIf(noMoto)(
    `9: in S3${noMoto ? ` (${noMoto})` : ''}: the second is refused, and told the host`,
    async () => oneWins(await desk('same')),
    120_000,
  )

  // The first one has to renew its lease before the second can know that it lives: half a minute.
  test.concurrent.each([
    ['two hours behind', -7_200_000],
    ['ten minutes ahead', 600_000],
  ])(
    '9, 12: with a clock %s the first one is not passed over while it lives',
    { timeout: 120_000 },
    async (_, clockMs) => {
      await oneWins(await desk(), { clockMs })
    },
  )

  test('9: a run that stood still as its manifest was written, while another host swept it, publishes no half backup', async () => {
    const at = await desk()
    const subject = { tier: 'plain', home: at.home, env: at.env } as const
    const steps = await stepsOf(subject, at.words())
    const writes = steps.filter((step) => step.startsWith('put begun backups/')).length
    const standing = await standingAt(subject, at.words(), `put begun backups/#${writes}`)
    const [label] = readdirSync(join(at.repo, 'backups')).sort().slice(-1)
    const lease = join(at.repo, 'leases', 'repository.json')
    const theirs = { ...JSON.parse(readFileSync(lease, 'utf8')), id: 'another', host: 'elsewhere', boot: 'another' }
    writeFileSync(lease, JSON.stringify(theirs))
    rmSync(join(at.repo, 'backups', label!), { recursive: true })
    standing.resume()
    const ended = await standing.ended()
    expect(ended, ended.stderr).toMatchObject({ code: 1 })
    expect(ended.stderr).toContain('lost its lease')
    expect(await at.list()).toHaveLength(1)
    rmSync(lease)
    expect(await at.recovers()).toBe(2)
  }, 120_000)

  test('9: both at the same moment, on a place that is no repository yet: one has it', async () => {
    const at = await desk()
    const runs = ['alpha', 'beta', 'gamma'].map((host) => runOn(host, at))
    const codes = await Promise.all(runs.map(({ ended }) => ended))
    const said = runs.map((run) => run.said()).join('\n')
    expect([...new Set(codes)].sort(), said).toEqual(expect.arrayContaining([0]))
    expect(
      codes.filter((code) => code !== 0 && code !== 6),
      said,
    ).toEqual([])
    const well = codes.filter((code) => code === 0).length
    expect(await at.list()).toHaveLength(well)
    expect(await at.recovers()).toBe(well + 1)
  }, 120_000)

  test('9: a host that died is passed over after its term and never before', async () => {
    const at = await desk()
    const dead = await standingOn('alpha', at)
    dead.child.kill('SIGKILL')
    await dead.ended
    const refused = runOn('beta', at)
    expect(await refused.ended, refused.said()).toBe(6)
    expect(refused.said()).toContain('on alpha')
    expect(await at.list()).toEqual([])
    // Whoever comes later finds the term over; the command line's own is two minutes, here it is three seconds.
    rmSync(join(at.repo, 'leases'), { recursive: true })
    const termMs = 3_000
    const holder = await holderOn('alpha', at.repo, termMs)
    const repository = await openRepository({ repo: at.repo, s3: {} }, 'must exist')
    const take = () => takeLease(repository, 'repository', 'backup run', termMs)
    try {
      await sleep(2 * termMs)
      await expect(take()).rejects.toMatchObject({ exit: 6, detail: expect.stringContaining('on alpha') })
      holder.kill('SIGKILL')
      await once(holder, 'exit')
      const died = performance.now()
      // At once, and while its term may last: refused.
      await expect(take()).rejects.toMatchObject({ exit: 6 })
      await (await taken(take)).release()
      expect(performance.now() - died).toBeGreaterThan(termMs * 0.75)
    } finally {
      await repository.close()
    }
    expect(await at.recovers()).toBe(1)
    expect((await at.records()).map(({ outcome }) => outcome)).toContain('running')
    // A holder that dies while it renews in a folder leaves a guard there, which is passed by after a minute.
  }, 180_000)

  /** As often as it takes. */
  async function taken(take: () => ReturnType<typeof takeLease>): ReturnType<typeof takeLease> {
    for (let tries = 0; ; tries++) {
      try {
        return await take()
      } catch (error) {
        if (tries === 100 || (error as { code?: string }).code !== 'lease-busy') throw error
        await sleep(200)
      }
    }
  }

  let scripts: string
  beforeEach(() => {
    scripts = mkdtempSync('/tmp/arxdb-hosts-')
    return () => rmSync(scripts, { recursive: true, force: true })
  })

  /** A process on that host that has the lease with a short term, and renews it. */
  async function holderOn(host: string, repo: string, termMs: number): Promise<ChildProcess> {
    const source = (name: string): string => new URL(`../../../src/backup/${name}`, import.meta.url).pathname
    const script = `
      import { takeLease } from '${source('lease.ts')}'
      import { openRepository } from '${source('repository.ts')}'
      const repository = await openRepository({ repo: '${repo}', s3: {} }, 'must exist')
      await takeLease(repository, 'repository', 'backup run', ${termMs})
      console.log('holds')
      setInterval(() => {}, 1000)`
    const outfile = join(scripts, 'holder.mjs')
    await build({
      stdin: { contents: script, resolveDir: scripts },
      ...{ bundle: true, format: 'esm', platform: 'node', external: ['*/s3.ts'], outfile },
    })
    const [file, ...args] = onHost(host, [process.execPath, outfile])
    const child = spawn(file!, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(child.stdout!, 'data')
    return child
  }
})

describe.skipIf(!plain)('two cron jobs of one host', () => {
  test('8: begun in the same moment, on a place that is no repository yet: none is harmed', async () => {
    const database = await migratedDatabase(plain!)
    const desk = deskOf(database)
    try {
      const runs = await Promise.all([desk.run(['-o', 'json']), desk.run(['-o', 'json'])])
      const codes = runs.map(({ code }) => code).sort()
      expect(codes, runs.map(({ stderr }) => stderr).join('\n')).toEqual([0, expect.toBeOneOf([0, 6])])
      const well = codes.filter((code) => code === 0).length
      for (const run of runs) if (run.code === 6) expect(toldError(run)).toMatchObject({ exit: 6 })
      expect(await desk.list()).toHaveLength(well)
      expect(await desk.recovers()).toBe(well + 1)
    } finally {
      desk.end()
      await database.drop()
    }
  }, 120_000)
})
