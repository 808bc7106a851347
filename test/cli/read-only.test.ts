// A role or a database that somebody made read only stays so: what writes is refused, and told how that is lifted.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openClient } from '../../src/db/connect.ts'
import { emptyDatabase, migratedDatabase, type TestDatabase, withClient } from '../servers/databases.ts'
import { session } from './session.ts'

const ROLE = `arxdb_reads_${randomBytes(4).toString('hex')}`
const CSV = 'time,symbol,exchange,price\n2026-01-01T00:00:00Z,BTC/USD,kraken,1\n'

let database: TestDatabase
let empty: TestDatabase
let client: pg.Client
const folder = mkdtempSync(join(tmpdir(), 'arxdb-read-only-'))

beforeAll(async () => {
  database = await migratedDatabase('plain')
  empty = await emptyDatabase('plain')
  client = await openClient(database.connection)
  await client.query(`create role ${ROLE} login superuser password 'x'`)
  writeFileSync(join(folder, 'p.csv'), CSV)
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await client?.end()
  await database?.drop()
  await withClient(empty.url, (there) => there.query(`drop owned by ${ROLE}; drop role ${ROLE}`))
  await empty?.drop()
})

const as = (role: string, url: string): string => {
  const there = new URL(url)
  there.username = role
  there.password = 'x'
  return there.href
}
const arxdb = (argv: readonly string[], url = as(ROLE, database.url)) =>
  session(argv, { cwd: folder, env: { DATABASE_URL: url, HOME: '/nowhere' } })
const nameOf = (url: string): string => new URL(url).pathname.slice(1)

const WRITERS = [
  ['policy', 'apply'],
  ['policy', 'run'],
  ['ingest', join(folder, 'p.csv')],
  ['ingest', join(folder, 'p.csv'), '--atomic'],
  ['imports', 'undo', '1', '--yes'],
]

describe.each([
  ['for the role', (on: boolean) => `alter role ${ROLE} ${set(on)}`],
  ['for the database', (on: boolean) => `alter database ${nameOf(database.url)} ${set(on)}`],
  ['in the database', (on: boolean) => `alter role ${ROLE} in database ${nameOf(database.url)} ${set(on)}`],
])('%s', (where, sql) => {
  beforeAll(() => client.query(sql(true)))
  afterAll(() => client.query(sql(false)))

  test.each(WRITERS)('%s %s is refused', async (...argv) => {
    const ended = await arxdb(argv)
    expect(ended, ended.stderr).toMatchObject({ code: 6, stdout: '' })
    expect(ended.stderr).toContain('no writes are taken here: default_transaction_read_only is on')
    expect(ended.stderr).toContain(where)
    expect(ended.stderr).toMatch(/try: alter (role|database) .* reset default_transaction_read_only/)
  })

  test('what only asks answers', async () => {
    for (const argv of [['coins'], ['policy', 'show'], ['policy', 'plan'], ['migrate', 'status'], ['imports', 'list']])
      expect(await arxdb(argv)).toMatchObject({ code: 0 })
  })

  test('what is told to do lifts it', async () => {
    const { stderr } = await arxdb(['policy', 'run'])
    await client.query(/try: (alter .*?), if/.exec(stderr)![1]!)
    expect(await arxdb(['policy', 'run'])).toMatchObject({ code: 0 })
  })
})

const set = (on: boolean): string =>
  on ? 'set default_transaction_read_only = on' : 'reset default_transaction_read_only'

test('migrate is refused too, and leaves nothing behind', async () => {
  await client.query(`alter database ${nameOf(empty.url)} set default_transaction_read_only = on`)
  const ended = await arxdb(['migrate'], as(ROLE, empty.url))
  expect(ended).toMatchObject({ code: 6 })
  expect(ended.stderr).toContain(`alter database "${nameOf(empty.url)}" reset default_transaction_read_only`)
  await client.query(`alter database ${nameOf(empty.url)} reset default_transaction_read_only`)
  expect(await arxdb(['migrate'], as(ROLE, empty.url))).toMatchObject({ code: 0 })
})
