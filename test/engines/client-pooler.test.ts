import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Client } from '../../src/client/api.ts'
import { connect } from '../../src/client/client.ts'
import { type Scratch, scratch } from './client-scratch.ts'

function pgbouncer(): string | undefined {
  try {
    return execFileSync('sh', ['-c', 'PATH=$PATH:/usr/sbin command -v pgbouncer'], { encoding: 'utf8' }).trim()
  } catch {
    return undefined
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

const binary = pgbouncer()

describe.skipIf(!binary)('client behind PgBouncer in transaction mode', () => {
  let db: Scratch
  let folder: string
  let pooler: ChildProcess
  let client: Client
  let url: string

  beforeAll(async () => {
    db = await scratch('plain')
    folder = mkdtempSync(join(tmpdir(), 'arxdb-pooler-'))
    chmodSync(folder, 0o755)
    const { hostname, port, username, password, pathname, searchParams } = new URL(db.url)
    const listen = await freePort()
    const login = [
      `user=${decodeURIComponent(username)}`,
      ...(password ? [`password=${decodeURIComponent(password)}`] : []),
    ]
    const ini = `[databases]
pooled = host=${decodeURIComponent(searchParams.get('host') ?? hostname)} port=${port || '5432'} dbname=${pathname.slice(1)} ${login.join(' ')}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${listen}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
`
    writeFileSync(join(folder, 'pgbouncer.ini'), ini)
    // It refuses to run as root.
    const account = process.geteuid?.() === 0 ? ['-u', 'nobody'] : []
    pooler = spawn(binary!, ['-q', ...account, join(folder, 'pgbouncer.ini')], { stdio: 'ignore' })
    url = `postgres://anybody@127.0.0.1:${listen}/pooled`
    for (let attempt = 0; ; attempt++) {
      try {
        client = await connect(url, { pool: { min: 0, max: 6 } })
        break
      } catch (error) {
        if (attempt === 50) throw error
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    }
    await client.query('create table public.ticks (id int primary key, v text)')
  })
  afterAll(async () => {
    await client?.close()
    if (pooler?.kill()) await once(pooler, 'exit')
    rmSync(folder, { recursive: true, force: true })
    await db.drop()
  })

  test('names are not prepared: the next transaction may run on another backend', async () => {
    const ask = (n: number) => client.query('select $1::int as n', [n], { name: 'asked' })
    const answers = await Promise.all(Array.from({ length: 30 }, (_, n) => ask(n)))
    expect(answers.flat().map((row) => row.n)).toEqual(Array.from({ length: 30 }, (_, n) => n))
    const prepared = await Promise.all([1, 2, 3, 4].map(() => client.query('select name from pg_prepared_statements')))
    expect(prepared.flat()).toEqual([])
  })

  test('batches, conflicts and settings stay inside their transactions', async () => {
    const rows = Array.from({ length: 200 }, (_, id) => ({ id, v: `${id}` }))
    const options = { onConflict: 'update', batchSize: 50 } as const
    const changed = rows.map((row) => ({ ...row, v: 'x' }))
    expect(await client.batchInsert('ticks', rows, options)).toMatchObject({ inserted: 200 })
    const all = await Promise.all([1, 2, 3, 4].map(() => client.batchInsert('ticks', changed, options)))
    expect(all.map((counts) => counts.updated + counts.skipped)).toEqual([200, 200, 200, 200])
    expect(await client.query("select count(*) n from public.ticks where v = 'x'")).toEqual([{ n: 200 }])
    const direct = await db.client()
    const { rows: idle } = await direct.query(
      "select 1 from pg_stat_activity where datname = current_database() and state = 'idle' and application_name like 'arxdb%'",
    )
    expect(idle).toEqual([])
  })

  test('an abort reaches the backend through the pooler', async () => {
    const controller = new AbortController()
    const own = await connect(url, { pool: { min: 0, max: 1 }, signal: controller.signal })
    const long = own.query('select pg_sleep(15)')
    setTimeout(() => controller.abort(), 200)
    await expect(long).rejects.toMatchObject({ code: 'interrupted' })
    await own.close()
    const running = await client.query(
      "select 1 from pg_stat_activity where query = 'select pg_sleep(15)' and state = 'active'",
    )
    expect(running).toEqual([])
  })
})
