// Commands on a repository alone, killed at every step that they take: `backup prune`, the taking over of a lease, `wal push`
// and `wal fetch`. No server is needed.
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Manifest } from '../../../src/backup/manifest.ts'
import { beginRun } from '../../../src/backup/runs.ts'
import { DAY_MS, openShop, type Shop } from '../../backup/shop.ts'
import { dataDirectory, ready, segment } from '../../backup/wal-files.ts'
import {
  atEach,
  listed,
  listsNothingHalf,
  nothingAstray,
  plannedAway,
  repositoryWords,
  sampled,
  within,
} from '../harness/afterwards.ts'
import { type Fault, runFaulty, stepsOf } from '../harness/faulty.ts'
import { type Host, hostIn } from './steps-host.ts'

const base = mkdtempSync(join(tmpdir(), 'arxdb-steps-store-'))
afterAll(() => rmSync(base, { recursive: true, force: true }))

/** All that is in the store but who ran when. */
const keysOf = (host: Host): Promise<readonly string[]> =>
  within(host, async ({ store }) =>
    (await store.list('')).map(({ key }) => key).filter((key) => !key.startsWith('runs/')),
  )

describe('backup prune', () => {
  let shop: Shop
  let start: Host
  let kept: readonly string[]
  let steps: readonly string[]
  let end: readonly string[]
  const words = (host: Host) => ['backup', 'prune', '--yes', '-o', 'json', ...repositoryWords(host)]
  const wal = (lsn: string): Manifest['wal'] =>
    ({ start: lsn, end: lsn, timeline: 1, segmentBytes: 16_777_216 }) as Manifest['wal']

  beforeAll(async () => {
    shop = await openShop()
    const made = async (days: number, more: Partial<Manifest>, level?: 2): Promise<string> => {
      const at = new Date(Date.now() - days * DAY_MS)
      const label = shop.label(at, more.kind)
      const contents = ['a.bin', 'c/d.bin'].map((name) => ({ name, bytes: randomBytes(50), seals: [] }))
      await shop.publish({ label, ...more }, contents)
      await (await beginRun(shop.repository, 'run')).end('ok', { label })
      if (level) await shop.prove(label, level, true, at)
      return label
    }
    const full = await made(50, { kind: 'base', wal: wal('0/2000028') }, 2)
    const first = await made(49, { kind: 'incremental', wal: wal('0/3000028'), parent: full }, 2)
    await made(48, { kind: 'incremental', wal: wal('0/4000028'), parent: first }, 2)
    await made(40, { kind: 'dump' })
    kept = [
      await made(5, { kind: 'base', wal: wal('0/6000028') }, 2),
      await made(3, { kind: 'dump' }, 2),
      await made(2, { kind: 'copy' }, 2),
    ]
    for (const number of [2, 3, 4, 5, 6, 7]) {
      const key = `wal/${shop.server.systemId}/00000001/00000001000000000000000${number}`
      await shop.repository.store.put(key, randomBytes(20))
    }
    const { folder: repo, home } = shop
    const keyFile = join(home, 'backup.key')
    start = { address: { repo, s3: {} }, keyFile, env: { HOME: home }, staging: home, subject: { tier: 'plain', home } }
    const whole = hostIn(base, start)
    steps = await stepsOf(whole.subject, words(whole))
    end = await keysOf(whole)
    expect((await listed(whole)).map(({ label }) => label)).toEqual([...kept].sort().reverse())
    expect(end.filter((key) => key.startsWith('wal/'))).toHaveLength(2)
  }, 60_000)
  afterAll(() => shop?.close())

  /** Whatever was removed already, the kept ones are good; and the next prune comes to the same end. */
  async function survives(fault: Fault): Promise<void> {
    const host = hostIn(base, start)
    const ended = await runFaulty(host.subject, words(host), fault)
    if (fault.what !== 'interrupt') expect(ended.signal, ended.stderr).toBe('SIGKILL')
    else expect([0, 130], ended.stderr).toContain(ended.code)
    const rows = await listsNothingHalf(host, ['being removed'])
    const good = rows.filter(({ status }) => status === 'good').map(({ label }) => label)
    expect(good).toEqual(expect.arrayContaining([...kept]))
    for (const label of await plannedAway(host)) expect(kept).not.toContain(label)
    const next = await runFaulty(host.subject, words(host))
    expect(next, next.stderr).toMatchObject({ code: 0 })
    expect(await keysOf(host)).toEqual(end)
    await nothingAstray(host)
    expect(await plannedAway(host)).toEqual([])
  }

  test('30: killed at any step it goes on where it was, and what is kept stays whole', async () => {
    await atEach(sampled(steps, 14), (at) => survives({ at }))
  }, 300_000)

  test('30: interrupted at any step, too', async () => {
    await atEach(sampled(steps, 5), (at) => survives({ at, what: 'interrupt' }))
  }, 200_000)

  test('8: killed while it takes over the lease of a killed one it is passed by at once', async () => {
    const held = hostIn(base, start)
    expect((await runFaulty(held.subject, words(held), { at: 'lease taken' })).signal).toBe('SIGKILL')
    const whole = hostIn(base, held)
    const taking = await stepsOf(whole.subject, words(whole))
    const until = taking.findIndex((step) => step.startsWith('lease taken'))
    expect(taking.slice(0, until)).toContain('guarded repository.json')
    await atEach(sampled(taking.slice(0, until + 1), 8), async (at) => {
      const host = hostIn(base, held)
      expect((await runFaulty(host.subject, words(host), { at })).signal).toBe('SIGKILL')
      const next = await runFaulty(host.subject, words(host))
      expect(next, next.stderr).toMatchObject({ code: 0 })
      expect(await keysOf(host)).toEqual(end)
      await nothingAstray(host)
    })
  }, 200_000)
})

describe('wal', () => {
  const data = dataDirectory(join(base, 'data'))
  const numbers = [3, 4, 5]
  const names = numbers.map((number) => ready(data, { number }))
  const bytesOf = (number: number): Buffer => segment({ number })
  const pushing = (host: Host, index: number) => [
    'wal',
    'push',
    join(data, 'pg_wal', names[index]!),
    ...repository(host),
  ]
  const fetching = (host: Host, name: string, to: string) => ['wal', 'fetch', name, to, ...repository(host)]
  const repository = ({ address: { repo } }: Host) => ['--repo', repo]

  async function begun(): Promise<Host> {
    const host = hostIn(base)
    const setup = ['wal', 'setup', '--begin', '--no-server', '-q', ...repositoryWords(host)]
    const ended = await runFaulty(host.subject, setup)
    expect(ended, ended.stderr).toMatchObject({ code: 0 })
    return host
  }

  test('3: pushes that are killed at any step are made again, and every segment comes back as it was', async () => {
    const first = await begun()
    const steps = await stepsOf(first.subject, pushing(first, 0))
    expect(steps.length).toBeGreaterThan(3)
    await atEach(sampled(steps, 8), async (at) => {
      const host = await begun()
      expect((await runFaulty(host.subject, pushing(host, 0), { at })).signal).toBe('SIGKILL')
      for (const index of numbers.keys()) {
        const next = await runFaulty(host.subject, pushing(host, index))
        expect(next, next.stderr).toMatchObject({ code: 0 })
        const to = join(host.staging, 'back')
        const back = await runFaulty(host.subject, [
          ...fetching(host, names[index]!, to),
          '--system-id',
          '7400000000000000001',
        ])
        expect(back, back.stderr).toMatchObject({ code: 0 })
        expect(readFileSync(to).equals(bytesOf(numbers[index]!))).toBe(true)
      }
      await nothingAstray(host)
    })
  }, 300_000)

  test('37: a fetch that is killed at any step leaves the whole file or none, and no draft for long', async () => {
    const host = await begun()
    expect(await runFaulty(host.subject, pushing(host, 0))).toMatchObject({ code: 0 })
    const target = dataDirectory(join(base, 'recovering'))
    mkdirSync(join(target, 'pg_wal'), { recursive: true })
    const to = join(target, 'pg_wal', 'RECOVERYXLOG')
    const words = fetching(host, names[0]!, to)
    const steps = await stepsOf(host.subject, words)
    expect(steps.length).toBeGreaterThan(1)
    await atEach(sampled(steps, 6), async (at) => {
      rmSync(to, { force: true })
      expect((await runFaulty(host.subject, words, { at })).signal).toBe('SIGKILL')
      if (existsSync(to)) expect(readFileSync(to).equals(bytesOf(3))).toBe(true)
      const next = await runFaulty(host.subject, words)
      expect(next, next.stderr).toMatchObject({ code: 0 })
      expect(readFileSync(to).equals(bytesOf(3))).toBe(true)
      expect(readdirSync(join(target, 'pg_wal')).sort()).toEqual(['RECOVERYXLOG', 'archive_status'])
    })
  }, 200_000)
})
