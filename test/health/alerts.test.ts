// `arxdb alerts run` as cron and as a service: a condition that is made true, told, and made false.
import { createHmac } from 'node:crypto'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { arxdb } from '../e2e/spawn.ts'
import { describeTiers, migratedDatabase, type TestDatabase, withClient } from '../servers/databases.ts'
import { eventsIn, receiver, until, watching } from './alert-scene.ts'
import { session } from './scene.ts'

const home = mkdtempSync(join(tmpdir(), 'arxdb-alerts-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))

const own = (more: Readonly<Record<string, string>> = {}) => ({
  XDG_STATE_HOME: mkdtempSync(join(home, 'state-')),
  ...more,
})

let made = 0
/** A config of its own. */
function config(alerts: object, health: object = {}): string {
  const file = join(home, `config-${made++}.json`)
  writeFileSync(file, JSON.stringify({ alerts, health }))
  return file
}

/** Statements of anybody that run for a second; only those of this test are looked at. */
const LONG = { 'long-queries': { warn: '1s', crit: '10m' } }

/** A statement that runs until it is ended. */
async function sleeper(url: string, name: string) {
  const client = await session(url)
  await client.query(`set application_name = '${name}'`)
  const running = client.query('select pg_sleep(60)').catch(() => {})
  return async () => {
    await withClient(url, (other) =>
      other.query(`select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = $1`, [name]),
    )
    await running
  }
}

describeTiers('alerts', (tier) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await migratedDatabase(tier)
  })
  afterAll(() => database?.drop())

  test('a long query is raised, still there, and over, as a service sees it', async () => {
    const name = `long-${process.pid}-${tier.name}`
    const file = config({ thresholds: LONG })
    const line = ['long-queries', '--url', database.url, '--config', file, '--every', '1s', '--repeat', '2s']
    const { events, end, said, running } = watching([...line, '--damp', '1/1'], own())
    const ours = () => events().filter(({ text }) => text.includes(`(${name})`) || text.includes('is no more'))
    const stop = await sleeper(database.url, name)
    await until('raised', () => ours().some(({ event }) => event === 'raised'))
    await until('still', () => ours().some(({ event }) => event === 'still'))
    await stop()
    const [raised] = ours()
    await until('cleared', () => events().some(({ event, alert }) => event === 'cleared' && alert === raised!.alert))
    expect(running.child.exitCode, said.err).toBeNull()
    expect(raised).toMatchObject({
      ...{ event: 'raised', check: 'long-queries', state: 'WARNING', unit: 's', warn: 1, crit: 600, before: null },
      object: expect.stringMatching(/^pid \d+$/),
      server: expect.stringMatching(/^127\.0\.0\.1:\d+\/\w+$/),
      try: expect.stringContaining('pg_cancel_backend'),
    })
    expect(raised!.value).toBeGreaterThan(1)
    const own_ = events().filter(({ alert }) => alert === raised!.alert)
    expect(own_.map(({ event }) => event).filter((event) => event !== 'still')).toEqual(['raised', 'cleared'])
    expect(new Set(events().map(({ id }) => id)).size).toBe(events().length)
    expect(await end()).toMatchObject({ code: 130 })
  })
})

describe('from cron', () => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await migratedDatabase('plain')
  })
  afterAll(() => database?.drop())

  /** One run that looks at indexes only: these are this test's own. */
  const once = (env: Readonly<Record<string, string>>, ...more: readonly string[]) =>
    arxdb(['alerts', 'run', 'invalid-indexes', '--once', '--url', database.url, ...more], env)

  const broken = (name: string) =>
    withClient(database.url, async (client) => {
      await client.query(`create table ${name} (i int); insert into ${name} values (1), (1)`)
      await client.query(`create unique index concurrently ${name}_i on ${name} (i)`).catch(() => {})
      onTestFinished(async () => {
        await withClient(database.url, (c) => c.query(`drop table if exists ${name}`))
      })
    })
  const mended = (name: string) => withClient(database.url, (client) => client.query(`drop table ${name}`))

  test('remembers from run to run: damped, raised, quiet, over', async () => {
    const env = own()
    const told = async () => {
      const ended = await once(env)
      expect(ended, ended.stderr).toMatchObject({ code: 0 })
      return eventsIn(ended.stdout).map(({ event, alert }) => `${event} ${alert}`)
    }
    expect(await told()).toEqual([])
    await broken('damped')
    expect(await told()).toEqual([])
    expect(await told()).toEqual(['raised invalid-indexes/damped_i'])
    expect(await told()).toEqual([])
    await mended('damped')
    expect(await told()).toEqual([])
    expect(await told()).toEqual(['cleared invalid-indexes/damped_i'])
    expect(await told()).toEqual([])
  })

  test('lines for a person', async () => {
    const env = own()
    await broken('shown')
    const ended = await once(env, '--damp', '1/1', '-o', 'table')
    expect(ended.stdout).toMatch(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ raised CRITICAL invalid-indexes\/shown_i: left unfinished on shown, .* \(try: reindex index concurrently shown_i\)\n$/,
    )
    expect(await once(env, '-o', 'csv')).toMatchObject({ code: 2 })
  })

  test('a webhook is posted to, signed; the secret and the path of the URL are nowhere to be seen', async () => {
    const { url, received } = await receiver(200)
    const secret = join(home, 'secret')
    writeFileSync(secret, 'open sesame\n')
    chmodSync(secret, 0o600)
    await broken('posted')
    const file = config({ webhook: url, secretFile: secret, damp: '1/1' })
    const ended = await once(own(), '--config', file, '-v')
    expect(ended, ended.stderr).toMatchObject({ code: 0 })
    const { method, path, headers, body, event } = received[0]!
    expect([method, path, headers['content-type']]).toEqual(['POST', '/hook/secret-path', 'application/json'])
    expect(event).toEqual(eventsIn(ended.stdout)[0])
    expect(headers['x-arxdb-event-id']).toBe(event.id)
    const timestamp = headers['x-arxdb-timestamp'] as string
    expect(Math.abs(Date.now() / 1000 - Number(timestamp))).toBeLessThan(60)
    const wanted = createHmac('sha256', 'open sesame').update(`${timestamp}.${body}`).digest('hex')
    expect(headers['x-arxdb-signature']).toBe(`v1=${wanted}`)
    for (const text of [ended.stdout, ended.stderr]) expect(text).not.toMatch(/sesame|secret-path/)
    const shown = await arxdb(['config', 'show', '--config', file, '-o', 'json'])
    expect(shown.stdout).not.toContain('secret-path')
    expect(shown.stdout).toContain('alerts.webhook')
  })

  test('the secret may stand in a variable; a file that others read is warned of, one that is not there is an error', async () => {
    const { url, received } = await receiver(200)
    await broken('varied')
    const env = own({ ARXDB_ALERTS_SECRET: 'from env' })
    expect(await once(env, '--webhook', url, '--damp', '1/1')).toMatchObject({ code: 0 })
    const { headers, body } = received[0]!
    const wanted = createHmac('sha256', 'from env').update(`${headers['x-arxdb-timestamp']}.${body}`).digest('hex')
    expect(headers['x-arxdb-signature']).toBe(`v1=${wanted}`)
    const open = join(home, 'open')
    writeFileSync(open, 'x')
    chmodSync(open, 0o644)
    const warned = await once(own(), '--webhook', url, '--secret-file', open)
    expect(warned.stderr).toContain('others can read')
    expect(await once(own(), '--webhook', url, '--secret-file', '/nonexistent')).toMatchObject({ code: 2 })
    expect(await once(own(), '--webhook', 'ftp://x')).toMatchObject({ code: 2 })
  })

  test('is tried again; what nobody hears is kept, and sent later, in order and once', async () => {
    const { url, received, answer } = await receiver(503, 200)
    const env = own()
    await broken('first')
    const line = ['--webhook', url, '--damp', '1/1']
    expect(await once(env, ...line)).toMatchObject({ code: 0 })
    expect(received.map(({ event }) => event.id)).toEqual([received[0]!.event.id, received[0]!.event.id])
    answer(500)
    await broken('second')
    const failed = await once(env, ...line)
    expect(failed).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/127\.0\.0\.1:\d+ answered 500; one event waits/),
    })
    expect(failed.stderr).not.toContain('secret-path')
    expect(eventsIn(failed.stdout)).toMatchObject([{ event: 'raised', object: 'second_i' }])
    await mended('first')
    answer('silent')
    const silent = await once(env, ...line, '--deadline', '300ms')
    expect(silent.stderr).toMatch(/was silent for 0\.3 s; 2 events wait/)
    answer(200)
    received.splice(0)
    expect(await once(env, ...line)).toMatchObject({ code: 0, stdout: '' })
    expect(received.map(({ event }) => [event.event, event.object])).toEqual([
      ['raised', 'second_i'],
      ['cleared', 'first_i'],
    ])
    expect(await once(env, ...line)).toMatchObject({ code: 0 })
    expect(received).toHaveLength(2)
  })

  test('a redirect is not followed, and a refusal is not hammered', async () => {
    const { url, received, answer } = await receiver(302)
    const env = own()
    await broken('moved')
    expect(await once(env, '--webhook', url, '--damp', '1/1')).toMatchObject({ code: 1 })
    expect(received).toHaveLength(1)
    answer(401)
    expect((await once(env, '--webhook', url)).stderr).toContain('answered 401')
    expect(received).toHaveLength(2)
  })

  test('a command has the event on its stdin, and not the secret; one that fails is run again, one that hangs is ended', async () => {
    const env = own({ ARXDB_ALERTS_SECRET: 'hidden' })
    await broken('handed')
    const out = join(home, 'handed')
    const run = (command: string, ...more: readonly string[]) => once(env, '--exec', command, '--damp', '1/1', ...more)
    const failed = await run('cat >/dev/null; echo no pager >&2; exit 3')
    expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining('the command exited with 3: no pager') })
    const began = Date.now()
    const late = join(home, 'late')
    const hung = await run(`(sleep 3; touch '${late}') & sleep 30`, '--deadline', '400ms')
    expect(hung).toMatchObject({ code: 1, stderr: expect.stringContaining('was not done after 0.4 s') })
    expect(Date.now() - began).toBeLessThan(10_000)
    const ended = await run(`cat >'${out}'; env >'${out}.env'; echo said`)
    expect(ended, ended.stderr).toMatchObject({ code: 0, stdout: '' })
    expect(ended.stderr).toContain('said')
    expect(eventsIn(readFileSync(out, 'utf8'))).toMatchObject([{ event: 'raised', object: 'handed_i' }])
    expect(readFileSync(`${out}.env`, 'utf8')).not.toContain('hidden')
    await sleep(3_000)
    expect(existsSync(late)).toBe(false)
    // One that does not read is none the worse for it.
    await mended('handed')
    expect(await run('exit 0')).toMatchObject({ code: 0, stdout: expect.stringContaining('cleared') })
  })

  test('a server that is down is one alert, and clears nothing', async () => {
    const env = own()
    const down = (more: readonly string[] = []) =>
      arxdb(['alerts', 'run', '--once', '--damp', '1/1', '--url', 'postgres://x@127.0.0.1:1/x', ...more], env)
    const events = eventsIn((await down()).stdout)
    expect(events).toMatchObject([{ event: 'raised', alert: 'connection', state: 'CRITICAL' }])
    expect(await down()).toMatchObject({ code: 0, stdout: '' })
  })

  test('what the config says wrongly is said before anything is asked', async () => {
    for (const [alerts, problem] of [
      [{ damp: '3/2' }, '/alerts/damp'],
      [{ evry: '1m' }, 'did you mean every'],
      [{ webhook: 'example.org' }, 'no URL'],
      [{ thresholds: { connections: { warn: true } } }, '/alerts/thresholds/connections/warn'],
    ] as const) {
      const ended = await once(own(), '--config', config(alerts))
      expect(ended).toMatchObject({ code: 2, stderr: expect.stringContaining(problem) })
    }
    const unknown = await once(own(), '--config', config({ thresholds: { conections: { warn: 1 } } }))
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('did you mean connections') })
    expect(await once(own(), '--every', '10ms')).toMatchObject({ code: 2 })
    expect(await arxdb(['alerts', 'run', 'nonsense', '--once', '--url', database.url], own())).toMatchObject({
      code: 2,
    })
  })

  test('begins where the old rules did: 90 % of the places, and not before', async () => {
    const limit = async (more: object) => {
      const file = config({ damp: '1/1', checks: ['connections'], ...more })
      const ended = await arxdb(['alerts', 'run', '--once', '--url', database.url, '--config', file], own())
      return eventsIn(ended.stdout)
    }
    expect(await limit({})).toEqual([])
    expect(await limit({ thresholds: { connections: { warn: 0.1 } } })).toMatchObject([
      { event: 'raised', alert: 'connections', unit: '%', warn: 0.1 },
    ])
  })
})
