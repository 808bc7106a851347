// One at a time on a repository: whoever is second is told by whom, and what died holds nothing for long.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { build } from 'esbuild'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { type Lease, takeLease } from '../../src/backup/lease.ts'
import { openRepository, type Repository } from '../../src/backup/repository.ts'

const folder = mkdtempSync(join(tmpdir(), 'arxdb-lease-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let root: string
let repository: Repository
beforeEach(async () => {
  root = mkdtempSync(join(folder, 'r'))
  repository = await openRepository({ repo: root, s3: {} }, 'make')
})
const file = () => join(root, 'leases', 'repository.json')
const written = () => JSON.parse(readFileSync(file(), 'utf8')) as Record<string, string | number>
const ago = (ms: number): string => new Date(Date.now() - ms).toISOString()
const take = (termMs?: number): Promise<Lease> => takeLease(repository, 'repository', 'backup run', termMs)

test('the second is refused, and told who the first is', async () => {
  const first = await takeLease(repository, 'repository', 'backup prune')
  await expect(take()).rejects.toMatchObject({
    ...{ exit: 6, code: 'lease-busy' },
    detail: expect.stringMatching(new RegExp(`arxdb backup prune, pid ${process.pid} on `)),
  })
  first.check()
  await first.release()
  const next = await take()
  await expect(takeLease(repository, 'other', 'x')).resolves.toBeDefined()
  await next.release()
})

test('of many at once one has it', async () => {
  const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => take()))
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
})

test('of a process that was killed it is free at once', async () => {
  const outfile = join(folder, 'holder.mjs')
  const script = `
    import { takeLease } from '${new URL('../../src/backup/lease.ts', import.meta.url).pathname}'
    import { openRepository } from '${new URL('../../src/backup/repository.ts', import.meta.url).pathname}'
    await takeLease(await openRepository({ repo: '${root}', s3: {} }, 'make'), 'repository', 'backup run')
    console.log('holds')
    setInterval(() => {}, 1000)`
  await build({
    stdin: { contents: script, resolveDir: folder },
    ...{ bundle: true, format: 'esm', platform: 'node', external: ['*/s3.ts'], outfile },
  })
  const child = spawn(process.execPath, [outfile], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  await expect(take()).rejects.toMatchObject({ exit: 6, detail: expect.stringContaining(`pid ${child.pid}`) })
  child.kill('SIGKILL')
  await once(child, 'exit')
  const began = Date.now()
  await (await take()).release()
  expect(Date.now() - began).toBeLessThan(2_000)
})

test.each([
  ['another host', { host: 'elsewhere' }],
  ['a boot before', { boot: 'another' }],
  ['another container', { space: 'pid:[1]' }],
])('9: the process number of %s says nothing: the term counts, then a term of silence', async (_name, change) => {
  const lease = await take()
  const holder = written()
  const silent = (until: string): void =>
    writeFileSync(file(), `${JSON.stringify({ ...holder, ...change, pid: 4_000_000, until })}\n`)
  silent(ago(-1_500))
  await expect(take(2_000)).rejects.toMatchObject({ exit: 6 })
  silent(ago(7_200_000))
  const began = performance.now()
  const next = await take(2_000)
  expect(performance.now() - began).toBeGreaterThan(1_900)
  await lease.release()
  // What the first released was no longer its own.
  expect(written().pid).toBe(process.pid)
  await next.release()
})

test.each([
  ['minutes behind', 60_000],
  ['a time zone behind', 5 * 3_600_000],
  ['years behind', 1e11],
  ['minutes ahead', -600_000],
  ['years ahead', -1e11],
])(
  '9, 12: a host whose clock is %s shows that it lives by renewing, and is passed over when it does not',
  async (_, off) => {
    const holder = { ...written.call(await holds()), host: 'elsewhere' }
    const sign = (): void => writeFileSync(file(), `${JSON.stringify({ ...holder, until: ago(off), n: Date.now() })}\n`)
    sign()
    const renewing = setInterval(sign, 300)
    await expect(take(1_200)).rejects.toMatchObject({ exit: 6, detail: expect.stringContaining('elsewhere') })
    clearInterval(renewing)
    await (await take(1_200)).release()
  },
)
const holds = async (): Promise<void> => void (await take())

test('who lost it knows before doing more, and releases nothing', async () => {
  const lease = await take(400)
  lease.check()
  writeFileSync(file(), `${JSON.stringify({ ...written(), id: 'somebody' })}\n`)
  await sleep(300)
  expect(() => lease.check()).toThrow(/lost its lease/)
  await lease.release()
  expect(written().id).toBe('somebody')
})

test('a process that was stopped past its term has lost it', async () => {
  const lease = await take(300)
  const until = Date.now() + 400
  while (Date.now() < until);
  expect(() => lease.check()).toThrow(/lost its lease/)
  await lease.release()
})

test('it is renewed while it is held, also when one renewal is refused in passing', async () => {
  const lease = await take(2_000)
  const first = written().until
  writeFileSync(`${file()}.swap`, 'somebody looks at it')
  await sleep(700)
  rmSync(`${file()}.swap`)
  await sleep(700)
  lease.check()
  expect(written().until! > first!).toBe(true)
  await lease.release()
})

test('12: a clock that is set back does not keep one who was stopped from finding out', async () => {
  const lease = await take(300)
  const real = Date.now
  Date.now = () => real() - 3_600_000
  try {
    const until = performance.now() + 400
    while (performance.now() < until);
    expect(() => lease.check()).toThrow(/lost its lease/)
  } finally {
    Date.now = real
  }
  await lease.release()
})

test('who asks the store itself knows at once that it was lost', async () => {
  const lease = await take()
  await lease.confirm()
  writeFileSync(file(), `${JSON.stringify({ ...written(), id: 'somebody' })}\n`)
  lease.check()
  await expect(lease.confirm()).rejects.toThrow(/lost its lease/)
  await lease.release()
  expect(written().id).toBe('somebody')
})
