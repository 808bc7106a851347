// Checks of what a server was started with and of the files beside it: a server of its own, from a copy of PostgreSQL.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectionOf } from '../servers/connection.ts'
import { tiers, urlOf } from '../servers/databases.ts'
import { findPostgres } from '../servers/postgres.ts'
import { type OwnServer, startServer } from '../servers/server.ts'
import { checked, examined, session } from './scene.ts'
import { until } from './timescaledb-scene.ts'

const SETTINGS = [
  ...['shared_preload_libraries=timescaledb', 'timescaledb.telemetry_level=off', 'max_locks_per_transaction=10'],
  ...['timescaledb.max_background_workers=3', 'max_worker_processes=6', 'max_parallel_workers=2', 'max_connections=20'],
]

describe.skipIf(!tiers().some(({ name }) => name === 'community'))('a server of its own', () => {
  let folder: string
  let share: string
  let lib: string
  let server: OwnServer
  const clients: pg.Client[] = []

  beforeAll(async () => {
    const found = await findPostgres()
    const { bindir, temporary, owner } = found.installation
    const major = /^\/usr\/lib\/postgresql\/(\d+)\/bin$/.exec(bindir)?.[1]
    if (major === undefined) throw new Error(`cannot copy the PostgreSQL of ${bindir}: not as Debian lays it out`)
    folder = mkdtempSync(join(temporary.here, `arxdb-test-${process.pid}-`))
    // It finds its files from where its program stands.
    ;[lib, share] = [`usr/lib/postgresql/${major}`, `usr/share/postgresql/${major}`].map((path) =>
      join(folder, path),
    ) as [string, string]
    for (const path of [lib, share]) {
      mkdirSync(path, { recursive: true })
      cpSync(path.slice(folder.length), path, { recursive: true, dereference: true })
    }
    const { chownSync, chmodSync } = await import('node:fs')
    chmodSync(folder, 0o755)
    if (owner) chownSync(folder, owner.uid, owner.gid)
    server = await startServer({ ...found.installation, bindir: join(lib, 'bin'), settings: SETTINGS })
  }, 120_000)
  afterAll(async () => {
    for (const client of clients) await client.end().catch(() => {})
    server?.stop()
    if (folder) rmSync(folder, { recursive: true, force: true })
  })

  const database = async (name: string): Promise<pg.Client> => {
    const admin = await session(server.url)
    await admin.query(`create database ${name}`)
    await admin.end()
    const client = await session(urlOf(server.url, name))
    clients.push(client)
    await client.query('create extension timescaledb')
    return client
  }
  const connection = (name: string) => connectionOf(urlOf(server.url, name))

  test('workers: the last place, and none', async () => {
    const client = await database('one')
    const of = async (object: string) =>
      (await checked(connection('one'), 'workers')).find((finding) => finding.object === object)
    const left = 'timescaledb.max_background_workers'
    await until('its scheduler took a place', async () => (await of(left))?.value === 1)
    expect(await of(left)).toMatchObject({
      state: 'WARNING',
      text: expect.stringMatching(/^3, less the launcher and 1 scheduler of databases, /),
    })
    expect(await of('max_worker_processes')).toBeUndefined()
    await database('two')
    await until('the other scheduler took the last one', async () => (await of(left))?.value === 0)
    expect(await of(left)).toMatchObject({ state: 'CRITICAL' })
    expect(await of('max_worker_processes')).toBeUndefined()
    // As many parallel workers as PostgreSQL has by itself.
    await client.query('alter database one set max_parallel_workers = 8')
    expect(await of('max_worker_processes')).toMatchObject({
      ...{ state: 'WARNING', value: -6, try: 'alter system set max_worker_processes = 12; then restart the server' },
    })
  })

  test('locks: room for less than a dump', async () => {
    const client = await session(urlOf(server.url, 'one'))
    clients.push(client)
    expect((await checked(connection('one'), 'locks'))[0]).toMatchObject({ state: 'OK' })
    await client.query(
      "do $$ begin for i in 1..80 loop execute format('create table s%s (i int)', i); if i % 20 = 0 then commit; end if; end loop; end $$",
    )
    expect((await checked(connection('one'), 'locks'))[0]).toMatchObject({ state: 'WARNING', object: 'a dump' })
    await client.query(
      "do $$ begin for i in 1..200 loop execute format('create table t%s (i int)', i); if i % 50 = 0 then commit; end if; end loop; end $$",
    )
    expect((await checked(connection('one'), 'locks'))[0]).toMatchObject({
      ...{ state: 'CRITICAL', object: 'a dump', text: expect.stringMatching(/^a dump takes \d+ locks of 200$/) },
      try: expect.stringMatching(/^alter system set max_locks_per_transaction = (32|64|128); then restart the server$/),
    })
  })

  test('extension-version: an update waits, a package went back', async () => {
    const control = join(share, 'extension/timescaledb.control')
    const text = readFileSync(control, 'utf8')
    const offer = (version: string) => {
      writeFileSync(control, text.replace(/^default_version = .*$/m, `default_version = '${version}'`))
    }
    const seen = async () => (await checked(connection('one'), 'extension-version'))[0]
    expect(await seen()).toMatchObject({ state: 'OK' })
    offer('2.99.1')
    expect(await seen()).toMatchObject({
      ...{ state: 'WARNING', try: "psql -X -d one -c 'alter extension timescaledb update'" },
      text: expect.stringMatching(/^the extension is 2\..*, and 2\.99\.1 is installed on the server$/),
    })
    offer('2.9.3')
    expect(await seen()).toMatchObject({ state: 'CRITICAL', text: expect.stringContaining('older: 2.9.3') })
    writeFileSync(control, text)
    expect(await seen()).toMatchObject({ state: 'OK' })
  })

  test('a library that was removed with its package: nothing is OK', async () => {
    const version = (await clients[0]!.query("select extversion as v from pg_extension where extname = 'timescaledb'"))
      .rows[0].v
    const file = join(lib, `lib/timescaledb-${version}.so`)
    renameSync(file, `${file}.gone`)
    try {
      const findings = await examined(connection('one'), [])
      expect(findings[0]).toMatchObject({ check: 'connection', text: expect.stringContaining('timescaledb') })
      expect(['CRITICAL', 'UNKNOWN']).toContain(findings[0]!.state)
      expect(findings.filter(({ state }) => state === 'OK')).toEqual([])
    } finally {
      renameSync(`${file}.gone`, file)
    }
    expect((await examined(connection('one'), []))[0]).toMatchObject({ check: 'connection', state: 'OK' })
  })
})
