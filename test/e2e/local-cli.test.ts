// `arxdb local ...` as people and scripts run it, with the watcher that it leaves behind.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type App, makeApp, makeCli, openFolder } from './local-app.ts'

let base: string
let app: App
let arxdb: Awaited<ReturnType<typeof makeCli>>
let env: Record<string, string | undefined>

beforeAll(async () => {
  base = openFolder('cli')
  app = await makeApp()
  arxdb = await makeCli(app)
  env = { PATH: process.env.PATH, HOME: base, ARXDB_HOME: join(base, 'home') }
})

afterAll(async () => {
  await arxdb(['local', 'destroy', '--yes'], env)
  for (const folder of [base, app.folder]) rmSync(folder, { recursive: true, force: true })
})

const status = async () => JSON.parse((await arxdb(['local', 'status', '--json'], env)).out)[0]

/** The watchers of this app; other servers on the machine have theirs. */
const watchers = (): readonly string[] =>
  execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(`${app.folder}/bin/arxdb.js local watch`))

it('starts, tells, stops by itself when idle, and is started again', async () => {
  expect(await status()).toMatchObject({ state: 'absent', pid: null, data_directory: null })
  const started = await arxdb(['local', 'start', '--idle-stop', '2s', '--json'], env)
  expect(started).toMatchObject({ code: 0 })
  expect(started.err).toContain('made a local server: PostgreSQL')
  expect(JSON.parse(started.out)).toMatchObject([{ state: 'running', idle_stop: 2 }])
  await expect.poll(() => watchers().length, { timeout: 5_000 }).toBe(1)
  // Asking for the status is not using it: it stops although we ask all the time.
  await expect.poll(async () => (await status()).state, { timeout: 15_000, interval: 200 }).toBe('stopped')
  await expect.poll(() => watchers().length, { timeout: 5_000 }).toBe(0)

  const again = await arxdb(['local', 'start', '--idle-stop', '0'], env)
  expect(again).toMatchObject({ code: 0, err: '' })
  expect(again.out.split('\n')[0]).toMatch(/^state\tversion\ttier\tpid\t/)
  expect(await status()).toMatchObject({ state: 'running', idle_stop: 0 })
  const stopped = await arxdb(['local', 'stop', '--json'], env)
  expect(JSON.parse(stopped.out)).toMatchObject([{ state: 'stopped', pid: null }])
  expect((await arxdb(['local', 'stop'], env)).err).toContain('it was not running')
}, 60_000)

it('gets another watcher when its own was killed', async () => {
  await arxdb(['local', 'start', '--idle-stop', '1h'], env)
  await expect.poll(() => watchers().length, { timeout: 5_000 }).toBe(1)
  const mark = join(base, 'home', 'local', 'watched')
  await expect.poll(() => existsSync(mark), { timeout: 5_000 }).toBe(true)
  process.kill(Number.parseInt(watchers()[0]!, 10), 'SIGKILL')
  await expect.poll(() => watchers().length, { timeout: 5_000 }).toBe(0)
  const longAgo = new Date(Date.now() - 3_600_000)
  utimesSync(mark, longAgo, longAgo)
  await arxdb(['coins'], env)
  await expect.poll(() => watchers().length, { timeout: 5_000 }).toBe(1)
})

it('is destroyed only when that was confirmed', async () => {
  await arxdb(['local', 'start'], env)
  const refused = await arxdb(['local', 'destroy'], env)
  expect(refused).toMatchObject({ code: 6, out: '' })
  expect(refused.err).toContain('--yes')
  expect(await status()).toMatchObject({ state: 'running' })
  // Copies of npm's PostgreSQL, where the machine has no other.
  const copies = join(base, 'home', 'binaries')
  const binaries = existsSync(copies) ? [...readdirSync(copies).map((name) => join(copies, name)), copies] : []
  const done = await arxdb(['local', 'destroy', '--yes'], env)
  const removed = ['removed', join(base, 'home', 'local'), ...binaries, join(base, 'home'), '']
  expect(done).toMatchObject({ code: 0, out: removed.join('\n') })
  expect(existsSync(join(base, 'home'))).toBe(false)
  expect(await arxdb(['local', 'destroy', '--yes'], env)).toMatchObject({ code: 0 })
})

it('refuses a duration without a unit, and hides the watcher from its help', async () => {
  expect(await arxdb(['local', 'start', '--idle-stop', '5'], env)).toMatchObject({ code: 2, out: '' })
  expect(existsSync(join(base, 'home'))).toBe(false)
  const help = await arxdb(['local', '--help'], env)
  expect(help.out).toMatch(/start[\s\S]*stop[\s\S]*status[\s\S]*destroy/)
  expect(help.out).not.toContain('watch')
})
