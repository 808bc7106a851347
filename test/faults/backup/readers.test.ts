// A prune beside who reads: a restore or a verification, here and on another host. What is read stays; who reads without
// being seen is told what became of it, and leaves nothing half done.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Manifest } from '../../../src/backup/manifest.ts'
import { DAY_MS, openShop, type Shop } from '../../backup/shop.ts'
import { arxdbBeside } from '../../servers/beside.ts'
import { emptyDatabase, type TestDatabase, tiers, urlOf, withClient } from '../../servers/databases.ts'
import { planted, type Standing, standingAt } from '../harness/faulty.ts'
import { noOtherHost, onHost } from '../harness/other-host.ts'

const plain = tiers().find(({ name }) => name === 'plain')

describe.skipIf(!plain)('33: a prune', () => {
  let shop: Shop
  let database: TestDatabase
  const made: Partial<Record<'dump' | 'copy', Manifest>> = {}
  let names = 0
  const NAME = `arxdb_read_${process.pid}_`

  beforeAll(async () => {
    shop = await openShop()
    writeFileSync(
      join(shop.home, 'arxdb.json'),
      JSON.stringify({ backup: { retention: { days: 5, count: 1, keepVerified: 0 } } }),
    )
    database = await emptyDatabase(plain!)
    await withClient(database.url, (client) => client.query('create table t as select generate_series(1, 500) as n'))
    for (const kind of ['dump', 'copy'] as const) {
      const ran = await shop.arxdb(['run', '--kind', kind, '--url', database.url, '--json'])
      if (ran.code !== 0) throw new Error(ran.stderr)
      const label = readdirSync(join(shop.folder, 'backups')).find((one) => one.includes(kind))!
      made[kind] = JSON.parse(readFileSync(shop.path(label, 'manifest.json'), 'utf8')).manifest
    }
  }, 60_000)

  afterAll(async () => {
    for (let n = 1; n <= names; n++)
      await withClient(plain!.url, (client) => client.query(`drop database if exists ${NAME}${n} with (force)`))
    await database?.drop()
    await shop?.close()
  })

  /** The same backup once more, made so long ago that a prune takes it. */
  async function old(kind: 'dump' | 'copy'): Promise<string> {
    const like = made[kind]!
    const label = shop.label(new Date(Date.now() - 60 * DAY_MS), kind)
    // Its bytes as they lie there: they are sealed already.
    const contents = like.objects.map(({ name }) => {
      return { name, bytes: readFileSync(shop.path(like.label, name)), seals: [] }
    })
    const { objects: _, ...rest } = like
    const objects = await shop.publish({ ...rest, label }, contents)
    const again = { ...objects, objects: like.objects }
    await shop.republish(again)
    return label
  }

  const prune = () => shop.arxdb(['prune', '--yes', '--json'])
  const rowOf = (stdout: string, label: string): { action: string; reason: string } =>
    JSON.parse(stdout).find((row: { label: string }) => row.label === label)
  const isThere = (label: string) => existsSync(shop.path(label, 'manifest.json'))
  const marks = () => {
    const folder = join(shop.folder, 'leases/reading')
    return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []
  }
  const restoring = (label: string): readonly string[] => [
    ...['restore', 'run', '--repo', shop.folder, '--backup', label, '--into-database', `${NAME}${++names}`],
    ...['--url', urlOf(plain!.url, 'postgres'), '--key-file', shop.key.file],
  ]
  const subject = () => ({ tier: 'plain' as const, home: shop.home })
  const databases = () =>
    withClient(plain!.url, async (client) => {
      const { rows } = await client.query('select datname from pg_database where datname like $1', [
        `%${NAME}${names}%`,
      ])
      return rows.map(({ datname }) => datname as string)
    })
  async function ended({ child, resume }: Standing): Promise<{ code: number | null; stderr: string }> {
    let stderr = ''
    child.stderr!.on('data', (chunk: Buffer) => {
      stderr += chunk.toString()
    })
    const code = new Promise<number | null>((resolve) => child.on('close', resolve))
    resume()
    return { code: await code, stderr }
  }

  test('33: leaves a backup that is being restored, and removes it once that has ended', async () => {
    const label = await old('copy')
    const reader = await standingAt(subject(), restoring(label), 'database made')
    const first = await prune()
    expect(first, first.stderr).toMatchObject({ code: 0 })
    expect(rowOf(first.stdout, label)).toMatchObject({ action: 'keep' })
    expect(rowOf(first.stdout, label).reason).toContain(`being read by arxdb restore run, pid ${reader.child.pid} on`)
    expect(await ended(reader)).toMatchObject({ code: 0 })
    const rows = await withClient(urlOf(plain!.url, `${NAME}${names}`), (client) => client.query('select from t'))
    expect(rows.rowCount).toBe(500)
    expect(marks()).toEqual([])
    expect(rowOf((await prune()).stdout, label)).toMatchObject({ action: 'removed' })
    expect(isThere(label)).toBe(false)
  })

  test('33: passes by a reader that was killed, and its mark goes', async () => {
    const label = await old('dump')
    const reader = await standingAt(subject(), restoring(label), 'reading marked')
    await reader.kill()
    expect(marks()).toHaveLength(1)
    expect(rowOf((await prune()).stdout, label)).toMatchObject({ action: 'removed' })
    expect(marks()).toEqual([])
  })

  test('33: of what is read by one that nobody can see: the restore says so and leaves no database', async () => {
    const label = await old('copy')
    const reader = await standingAt(subject(), restoring(label), 'database made')
    expect(await databases()).toHaveLength(1)
    // As of a repository that this reader may not write to.
    for (const mark of marks()) rmSync(mark)
    expect(rowOf((await prune()).stdout, label)).toMatchObject({ action: 'removed' })
    const told = await ended(reader)
    expect(told.code, told.stderr).toBe(1)
    expect(told.stderr).toContain(`${label} was pruned while it was wanted`)
    expect(await databases()).toEqual([])
    expect(marks()).toEqual([])
  })

  test('33: of what is verified by one that nobody can see: an error, and no proof', async () => {
    const label = await old('dump')
    const args = ['backup', 'verify', label, '--level', '1', '--repo', shop.folder, '--key-file', shop.key.file]
    const reader = await standingAt(subject(), args, 'reading marked')
    for (const mark of marks()) rmSync(mark)
    await prune()
    const told = await ended(reader)
    expect(told.code, told.stderr).toBe(1)
    expect(told.stderr).toContain('it was pruned while it was verified')
    expect(existsSync(join(shop.folder, 'proofs', label))).toBe(false)
  })

  test('33: that has begun to remove a backup is seen by who would read it', async () => {
    const label = await old('copy')
    const args = ['backup', 'prune', '--yes', '--repo', shop.folder, '--key-file', shop.key.file]
    const pruning = await standingAt(subject(), args, `removing backups/${label}/manifest.json`)
    const late = shop.run(restoring(label))
    while (marks().length === 0) await sleep(10)
    expect(await ended(pruning)).toMatchObject({ code: 0 })
    const told = await late
    expect(told.code, told.stderr).toBe(1)
    expect(told.stderr).toContain(`${label} was pruned while it was wanted`)
    expect(await databases()).toEqual([])
    expect(isThere(label)).toBe(false)
  })

  test('33: that died before it removed anything hides nothing: the backup is restored', async () => {
    const label = await old('copy')
    const args = ['backup', 'prune', '--yes', '--repo', shop.folder, '--key-file', shop.key.file]
    const pruning = await standingAt(subject(), args, `removing backups/${label}/manifest.json`)
    await pruning.kill()
    expect(existsSync(shop.path(label, 'removing.json'))).toBe(true)
    const listed = JSON.parse((await shop.arxdb(['list', '--json'])).stdout) as { label: string; status: string }[]
    expect(listed.find((row) => row.label === label)).toMatchObject({ status: 'good' })
    const ran = await shop.run(restoring(label))
    expect(ran, ran.stderr).toMatchObject({ code: 0 })
    expect(rowOf((await prune()).stdout, label)).toMatchObject({ action: 'removed' })
    expect(existsSync(shop.path(label, ''))).toBe(false)
  })

  test('33: that planned before a reader came leaves it at the last moment', async () => {
    const label = await old('copy')
    const args = ['backup', 'prune', '--yes', '--repo', shop.folder, '--key-file', shop.key.file]
    const pruning = await standingAt(subject(), args, 'put written backups/')
    const reader = await standingAt(subject(), restoring(label), 'database made')
    const told = await ended(pruning)
    expect(told).toMatchObject({ code: 0 })
    expect(told.stderr).toContain(`${label} stays: being read by arxdb restore run`)
    expect(isThere(label)).toBe(true)
    expect(await ended(reader)).toMatchObject({ code: 0 })
    expect(rowOf((await prune()).stdout, label)).toMatchObject({ action: 'removed' })
  })

  const alone = noOtherHost()
  test.skipIf(alone)(`33: sees a reader on another host${alone ? ` (${alone})` : ''}`, async () => {
    const label = await old('copy')
    const folder = mkdtempSync(join(tmpdir(), 'arxdb-elsewhere-'))
    const sign = join(folder, 'sign')
    // The first process of a namespace cannot stop itself: that one is a shell.
    const command = ['sh', '-c', '"$@"; exit $?', 'sh', ...arxdbBeside('plain', restoring(label))]
    const [file, ...args] = onHost('elsewhere', command)
    const child = spawn(file!, args, {
      cwd: shop.home,
      env: {
        ...{ PATH: process.env.PATH ?? '', HOME: shop.home, TZ: 'UTC', NO_COLOR: '1' },
        ...planted('plain', { at: 'database made', what: 'stop', sign }),
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    try {
      let said = ''
      child.stderr.on('data', (chunk: Buffer) => {
        said += chunk.toString()
      })
      for (let waited = 0; !existsSync(sign); waited += 20) {
        if (child.exitCode !== null || waited > 60_000) throw new Error(`it never came there: ${said}`)
        await sleep(20)
      }
      const first = await prune()
      expect(rowOf(first.stdout, label)).toMatchObject({ action: 'keep' })
      expect(rowOf(first.stdout, label).reason).toMatch(/being read by arxdb restore run, pid \d+ on elsewhere/)
      const done = new Promise((resolve) => child.on('close', resolve))
      // Its number here is another one than there.
      const childOf = (pid: number) => Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')[0])
      process.kill(childOf(childOf(child.pid!)), 'SIGCONT')
      expect(await done, said).toBe(0)
      expect(marks()).toEqual([])
      expect(rowOf((await prune()).stdout, label)).toMatchObject({ action: 'removed' })
    } finally {
      child.kill('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
