// `arxdb metrics --listen`: asks anew for each GET, one at a time, of this machine alone.
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { arxdb, type Finished, start } from '../e2e/spawn.ts'
import { migratedDatabase, type TestDatabase, withClient } from '../servers/databases.ts'
import { checkMetrics, promtoolReason, samplesIn } from './promtool.ts'
import { session } from './scene.ts'

const home = mkdtempSync(join(tmpdir(), 'arxdb-listen-'))
let database: TestDatabase
beforeAll(async () => {
  database = await migratedDatabase('plain')
})
afterAll(async () => {
  await database?.drop()
  rmSync(home, { recursive: true, force: true })
})

/** Of this file's database: others are asked for metrics at the same time. */
const OWN_SESSIONS = `select coalesce(array_agg(pid), '{}') as pids from pg_stat_activity
  where application_name like 'arxdb/metrics%' and datname = current_database()`

/** A listening arxdb, and where. */
async function listening(url: string, ...more: readonly string[]) {
  const env = { XDG_STATE_HOME: mkdtempSync(join(home, 'state-')) }
  const running = start(['metrics', '--url', url, '--listen', '127.0.0.1:0', ...more], env)
  onTestFinished(() => void running.child.kill('SIGKILL'))
  let said = ''
  running.child.stderr!.on('data', (chunk) => (said += String(chunk)))
  while (!/listening on/.test(said)) {
    if (running.child.exitCode !== null) throw new Error(said)
    await once(running.child.stderr!, 'data')
  }
  const base = /listening on (http:\S+)\/metrics/.exec(said)![1]!
  return {
    base,
    url: `${base}/metrics`,
    end: async (signal: NodeJS.Signals): Promise<Finished> => {
      running.child.kill(signal)
      return running.finished
    },
  }
}

test('asks anew each time, speaks HTTP, and ends on Ctrl-C', async () => {
  const { base, url, end } = await listening(database.url)
  const answer = await fetch(url)
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  const text = await answer.text()
  if (!promtoolReason()) expect((await checkMetrics(text)).code).not.toBe(1)
  const commits = 'db_transactions_total{result="commit"}'
  await withClient(database.url, (client) => client.query('select 1'))
  const again = samplesIn(await (await fetch(url)).text())
  expect(again.get(commits)).toBeGreaterThan(samplesIn(text).get(commits)!)
  expect((await fetch(base)).status).toBe(404)
  expect((await fetch(url, { method: 'POST' })).status).toBe(405)
  const head = await fetch(url, { method: 'HEAD' })
  expect([head.status, await head.text()]).toEqual([200, ''])
  // Nothing stays connected between two scrapes.
  const { rows } = await withClient(database.url, (client) => client.query(OWN_SESSIONS))
  expect(rows[0].pids).toEqual([])
  expect(await end('SIGINT')).toMatchObject({ code: 130, stdout: '' })
  await expect(fetch(url)).rejects.toThrow()
})

test('several at once are answered one after the other; too many are sent away', async () => {
  const { url, end } = await listening(database.url)
  // The view of sessions is no snapshot: the end of one and the beginning of the next may be in one answer, but not in two.
  let together = 0
  let over = false
  const watching = withClient(database.url, async (client) => {
    let before: readonly number[] = []
    while (!over) {
      const { rows } = await client.query(OWN_SESSIONS)
      together = Math.max(together, rows[0].pids.filter((pid: number) => before.includes(pid)).length)
      before = rows[0].pids
      await sleep(5)
    }
  })
  const answers = await Promise.all(Array.from({ length: 8 }, () => fetch(url).then(({ status }) => status)))
  over = true
  await watching
  expect(answers.filter((status) => status === 200)).toHaveLength(4)
  expect(answers.filter((status) => status === 503)).toHaveLength(4)
  expect(together).toBe(1)
  expect((await fetch(url)).status).toBe(200)
  expect((await end('SIGTERM')).code).toBe(143)
})

test('one that takes too long is answered in time, cancelled on the server, and hurts no later one', async () => {
  const { url, end } = await listening(database.url, '--deadline', '700ms')
  await fetch(url)
  // Catalogues themselves are locked: each source waits for its 0.5 s.
  const holder = await session(database.url)
  await holder.query('begin; lock table pg_catalog.pg_extension in access exclusive mode')
  const began = Date.now()
  const late = await fetch(url)
  expect(late.status).not.toBe(500)
  expect(Date.now() - began).toBeLessThan(3_000)
  await holder.end()
  const after = samplesIn(await (await fetch(url)).text())
  expect(after.get('db_up')).toBe(1)
  await end('SIGINT')
})

test('a server that hangs in the middle is no scrape: 504', async () => {
  // Hands on what comes until it is told to stand still.
  let still = false
  const sockets: Socket[] = []
  const target = new URL(database.url)
  const proxy = createServer((socket) => {
    const up = connect(Number(target.port), target.hostname)
    sockets.push(socket, up)
    socket.on('data', (chunk) => !still && up.write(chunk)).on('error', () => {})
    up.on('data', (chunk) => !still && socket.write(chunk)).on('error', () => {})
    socket.on('close', () => up.destroy())
    let seen = 0
    up.on('data', () => {
      seen += 1
      if (standing && seen > 3) still = true
    })
  }).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  let standing = false
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    proxy.close()
  })
  const through = new URL(database.url)
  through.port = String((proxy.address() as { port: number }).port)
  through.searchParams.set('sslmode', 'disable')
  const { url, end } = await listening(through.href, '--deadline', '2s')
  expect((await fetch(url)).status).toBe(200)
  standing = true
  const began = Date.now()
  expect((await fetch(url)).status).toBe(504)
  expect(Date.now() - began).toBeLessThan(4_000)
  await end('SIGKILL')
})

test('refuses addresses that others reach, unless it is told to', async () => {
  for (const address of ['0.0.0.0:0', '[::]:0', '192.0.2.1:0']) {
    const ended = await arxdb(['metrics', '--url', database.url, '--listen', address])
    expect(ended).toMatchObject({ code: 6, stderr: expect.stringContaining('--listen-anywhere') })
  }
  expect(await arxdb(['metrics', '--url', database.url, '--listen', 'example.org:80'])).toMatchObject({ code: 2 })
  expect(await arxdb(['metrics', '--url', database.url, '--listen', '127.0.0.1:99999'])).toMatchObject({ code: 2 })
  const { end } = await listening(database.url, '--listen', '0.0.0.0:0', '--listen-anywhere')
  await end('SIGINT')
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  onTestFinished(() => void taken.close())
  const { port } = taken.address() as { port: number }
  const ended = await arxdb(['metrics', '--url', database.url, '--listen', `127.0.0.1:${port}`])
  expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('somebody listens there already') })
})
