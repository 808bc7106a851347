// Alerts that are killed, started twice, and find their memory spoilt.
import { once as event } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { arxdb, start } from '../../e2e/spawn.ts'
import { eventsIn, receiver, until, watching } from '../../health/alert-scene.ts'
import { migratedDatabase, type TestDatabase, withClient } from '../../servers/databases.ts'

const home = mkdtempSync(join(tmpdir(), 'arxdb-alert-faults-'))
let database: TestDatabase
beforeAll(async () => {
  database = await migratedDatabase('plain')
})
afterAll(async () => {
  await database?.drop()
  rmSync(home, { recursive: true, force: true })
})

// Something is wrong all the time.
beforeEach(() =>
  withClient(database.url, async (client) => {
    await client.query('create table twice (i int); insert into twice values (1), (1)')
    await client.query('create unique index concurrently twice_i on twice (i)').catch(() => {})
  }),
)
afterEach(() => withClient(database.url, (client) => client.query('drop table twice')) as Promise<never>)

const own = () => ({ XDG_STATE_HOME: mkdtempSync(join(home, 'state-')) })
const line = (...more: readonly string[]) => ['invalid-indexes', '--url', database.url, '--damp', '1/1', ...more]
const once = (env: Readonly<Record<string, string>>, ...more: readonly string[]) =>
  arxdb(['alerts', 'run', '--once', ...line(...more)], env)
const folder = (env: { readonly XDG_STATE_HOME: string }) => join(env.XDG_STATE_HOME, 'arxdb', 'alerts')
const fileOf = (env: { readonly XDG_STATE_HOME: string }, ending: string) => {
  const found = readdirSync(folder(env)).find((name) => name.startsWith('state-') && name.endsWith(ending))
  return found === undefined ? undefined : join(folder(env), found)
}

test('SIGKILL while an event is on its way: the next run delivers it, and raises it no second time', async () => {
  const { url, received, answer } = await receiver('silent')
  const env = own()
  const running = start(['alerts', 'run', '--once', ...line('--webhook', url)], env)
  await until('the event is on its way', () => received.length === 1)
  running.child.kill('SIGKILL')
  await running.finished
  answer(200)
  const next = await once(env, '--webhook', url)
  expect(next, next.stderr).toMatchObject({ code: 0, stdout: '' })
  // At least once: the same event, and known as such by its id.
  expect(received).toHaveLength(2)
  expect(received[1]!.event).toEqual(received[0]!.event)
  await once(env, '--webhook', url)
  expect(received).toHaveLength(2)
})

test('a second one is refused while the first is at work, and not after that was killed', async () => {
  const env = own()
  const first = watching(line('--every', '1s'), env)
  await until('the first is at work', () => first.events().length === 1)
  const second = await once(env)
  expect(second).toMatchObject({ code: 6, stdout: '' })
  expect(second.stderr).toContain(`pid ${first.running.child.pid} on ${hostname()}`)
  // Other checks are another matter.
  const other = await arxdb(['alerts', 'run', '--once', 'connections', '--url', database.url], env)
  expect(other).toMatchObject({ code: 0 })
  first.running.child.kill('SIGKILL')
  await event(first.running.child, 'exit')
  expect(fileOf(env, '.lock')).toBeDefined()
  expect(await once(env)).toMatchObject({ code: 0, stdout: '' })
  expect(fileOf(env, '.lock')).toBeUndefined()
})

test('of many that find the lock of a dead one, one at a time is at work', async () => {
  const { url, received } = await receiver(200)
  const env = own()
  expect(await once(env)).toMatchObject({ code: 0 })
  const file = fileOf(env, '.json')!.replace(/json$/, 'lock')
  // A process of that number lives, but began at another time.
  writeFileSync(file, JSON.stringify({ pid: process.pid, started: '1', host: hostname() }))
  rmSync(fileOf(env, '.json')!)
  const ended = await Promise.all(Array.from({ length: 6 }, () => once(env, '--webhook', url)))
  expect(new Set(ended.map(({ code }) => code))).toEqual(
    new Set([0, ...(ended.some(({ code }) => code === 6) ? [6] : [])]),
  )
  // Raised by one of them, however many had their turn.
  expect(received).toHaveLength(1)
  expect(ended.flatMap(({ stdout }) => eventsIn(stdout))).toHaveLength(1)
})

test('a lock of another machine is believed while it is fresh', async () => {
  const env = own()
  expect(await once(env)).toMatchObject({ code: 0 })
  const file = fileOf(env, '.json')!.replace(/json$/, 'lock')
  writeFileSync(file, JSON.stringify({ pid: 1, started: '1', host: 'elsewhere' }))
  expect(await once(env)).toMatchObject({ code: 6, stderr: expect.stringContaining('pid 1 on elsewhere') })
  const { utimesSync } = await import('node:fs')
  const old = new Date(Date.now() - 20 * 60_000)
  utimesSync(file, old, old)
  expect(await once(env)).toMatchObject({ code: 0 })
})

test('one whose lock was taken over stops', async () => {
  const env = own()
  const first = watching(line('--every', '1s'), env)
  await until('it is at work', () => first.events().length === 1)
  writeFileSync(fileOf(env, '.lock')!, JSON.stringify({ pid: 1, started: '1', host: 'elsewhere' }))
  expect(await first.running.finished).toMatchObject({ code: 6 })
  expect(readFileSync(fileOf(env, '.lock')!, 'utf8')).toContain('elsewhere')
})

test('a memory that is cut is set aside and said, and all is raised anew', async () => {
  const env = own()
  expect(eventsIn((await once(env)).stdout)).toHaveLength(1)
  const file = fileOf(env, '.json')!
  writeFileSync(file, readFileSync(file, 'utf8').slice(0, 40))
  const ended = await once(env)
  expect(ended).toMatchObject({ code: 0, stderr: expect.stringContaining('set aside') })
  expect(eventsIn(ended.stdout)).toMatchObject([{ event: 'raised' }])
  expect(readdirSync(folder(env)).filter((name) => name.endsWith('.part'))).toEqual([])
})

test('a reader that goes away ends it without a word', async () => {
  const env = own()
  const running = start(['alerts', 'run', ...line('--every', '1s', '--repeat', '1s')], env)
  await event(running.child.stdout!, 'data')
  running.child.stdout!.destroy()
  const { code, stderr } = await running.finished
  expect([code, stderr]).toEqual([0, ''])
})

test('a server that comes and goes is told, and the rest is as it was', async () => {
  const env = own()
  const lock = (allow: boolean) =>
    withClient(new URL('/postgres', database.url).href, (client) =>
      client.query(`alter database ${new URL(database.url).pathname.slice(1)} allow_connections ${allow}`),
    )
  const { events, end } = watching(line('--every', '1s'), env)
  await until('raised', () => events().length === 1)
  await lock(false)
  await until('down', () => events().some(({ event, alert }) => event === 'raised' && alert === 'connection'))
  await lock(true)
  await until('up', () => events().some(({ event, alert }) => event === 'cleared' && alert === 'connection'))
  expect(events().map(({ event, check }) => `${event} ${check}`)).toEqual([
    'raised invalid-indexes',
    'raised connection',
    'cleared connection',
  ])
  expect(await end('SIGTERM')).toMatchObject({ code: 143 })
})
