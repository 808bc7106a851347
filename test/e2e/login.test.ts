// A wrong password: exit 4, and nobody reads the password anywhere. On arxdb's own server, which asks for one (scram).
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openFolder } from './local-app.ts'
import { arxdb, type Finished } from './spawn.ts'

const WRONG = 'Correct-H0rse:battery/staple'
/** As it stands in a URL. */
const ENCODED = encodeURIComponent(WRONG)

let base: string
let home: { HOME: string; ARXDB_HOME: string }
let server: string

beforeAll(async () => {
  base = openFolder('login')
  home = { HOME: join(base, 'user'), ARXDB_HOME: join(base, 'home') }
  mkdirSync(home.HOME)
  const started = await arxdb(['local', 'start', '--idle-stop', '5m', '--json'], home)
  expect(started, started.stderr).toMatchObject({ code: 0 })
  const [{ port }] = JSON.parse((await arxdb(['local', 'status', '--json'], home)).stdout)
  server = `127.0.0.1:${port}`
}, 60_000)

afterAll(async () => {
  await arxdb(['local', 'destroy', '--yes'], home)
  rmSync(base, { recursive: true, force: true })
})

const url = (password = ''): string => `postgres://arxdb${password && `:${password}`}@${server}/arxdb`

function expectSilence({ stdout, stderr }: Finished): void {
  for (const secret of [WRONG, ENCODED, 'H0rse', 'battery', 'staple']) {
    expect(stdout).not.toContain(secret)
    expect(stderr).not.toContain(secret)
  }
}

const port = () => server.split(':')[1]!

/** Every way to hand over a password that arxdb reads. */
const WAYS: Readonly<Record<string, () => Record<string, string>>> = {
  DATABASE_URL: () => ({ DATABASE_URL: url(ENCODED) }),
  ARXDB_URL: () => ({ ARXDB_URL: url(ENCODED) }),
  'DATABASE_URL with a password parameter': () => ({ DATABASE_URL: `${url()}?password=${ENCODED}` }),
  PGPASSWORD: () => ({ PGHOST: '127.0.0.1', PGPORT: port(), PGUSER: 'arxdb', PGDATABASE: 'arxdb', PGPASSWORD: WRONG }),
  'a password file': () => {
    const file = join(base, 'passes')
    writeFileSync(file, `127.0.0.1:${port()}:*:arxdb:${WRONG.replace(/[:\\]/g, '\\$&')}\n`, { mode: 0o600 })
    return { DATABASE_URL: url(), PGPASSFILE: file }
  },
  '~/.pgpass': () => {
    writeFileSync(join(home.HOME, '.pgpass'), `*:*:*:*:${WRONG.replace(/[:\\]/g, '\\$&')}\n`, { mode: 0o600 })
    return { DATABASE_URL: url() }
  },
  'a service file': () => {
    const file = join(base, 'services')
    const lines = ['[mine]', 'host=127.0.0.1', `port=${port()}`, 'user=arxdb', 'dbname=arxdb', `password=${WRONG}`]
    writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 })
    return { PGSERVICEFILE: file, PGSERVICE: 'mine' }
  },
}

describe.each(Object.entries(WAYS))('a wrong password from %s', (_, way) => {
  test.each([[[]], [['-o', 'json']], [['-v']]])('with %j', async (flags) => {
    const ended = await arxdb(['coins', ...flags], { HOME: home.HOME, ARXDB_DEBUG: '1', ...way() })
    expect(ended, ended.stderr).toMatchObject({ code: 4, stdout: '' })
    // The server was asked, and refused: not some other reason for exit 4.
    expect(ended.stderr).toMatch(/password/)
    expect(ended.stderr).toMatch(/arxdb/)
    expectSilence(ended)
    if (flags[0] !== '-o') return
    const [first = ''] = ended.stderr.split('\n')
    expect(JSON.parse(first).error).toMatchObject({ exit: 4, detail: expect.stringContaining('authentication failed') })
  })
})

test('the right password, from the same places, logs in', async () => {
  const local = join(home.ARXDB_HOME, 'local')
  const file = readdirSync(local).find((name) => /pass|secret/.test(name))!
  const password = readFileSync(join(local, file), 'utf8').trim()
  const right = await arxdb(['sql', 'list', '-q'], { HOME: home.HOME, DATABASE_URL: url(password) })
  expect(right.code).toBe(0)
  const status = await arxdb(['migrate', 'status', '-v'], { HOME: home.HOME, DATABASE_URL: url(password) })
  expect(status, status.stderr).toMatchObject({ code: 3 })
  expect(status.stdout + status.stderr).not.toContain(password)
})

test('no password at all is said as such', async () => {
  rmSync(join(home.HOME, '.pgpass'), { force: true })
  const ended = await arxdb(['coins'], { HOME: home.HOME, DATABASE_URL: url() })
  expect(ended, ended.stderr).toMatchObject({ code: 4, stdout: '' })
  expect(ended.stderr).toMatch(/no password|password/)
})

test.each([
  ['in front of the host', () => url(ENCODED)],
  ['as a parameter', () => `${url()}?password=${ENCODED}`],
])('a password on the command line, %s, is refused and not repeated', async (_, make) => {
  for (const flags of [[], ['-o', 'json'], ['-v']]) {
    const ended = await arxdb(['coins', '--url', make(), ...flags], { HOME: home.HOME, ARXDB_DEBUG: '1' })
    expect(ended, ended.stderr).toMatchObject({ code: 2, stdout: '' })
    expect(ended.stderr).toMatch(/PGPASSWORD|\.pgpass/)
    expectSilence(ended)
  }
})

test('config show hides what it shows', async () => {
  const ended = await arxdb(['config', 'show', '--origin'], { HOME: home.HOME, DATABASE_URL: url(ENCODED) })
  expect(ended).toMatchObject({ code: 0 })
  expect(ended.stdout).toContain('DATABASE_URL')
  expectSilence(ended)
})
