import type pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { copyIn } from '../../src/db/copy.ts'
import { type Scratch, scratch } from './client-scratch.ts'

const COPY = 'copy public.copied (id, note) from stdin (format csv)'
const lines = (...rows: string[]): Buffer[] => [Buffer.from(rows.map((row) => `${row}\n`).join(''))]
const silent = async function* (): AsyncGenerator<Buffer> {
  await new Promise(() => {})
}

describe('copyIn', () => {
  let db: Scratch
  let client: pg.Client
  const count = async (): Promise<number> => (await client.query('select count(*)::int n from public.copied')).rows[0].n

  beforeAll(async () => {
    db = await scratch('plain')
    client = await db.client()
    await client.query('create table public.copied (id int primary key, note text)')
  })
  beforeEach(() => client.query('truncate public.copied'))
  afterAll(() => db.drop())

  test('counts the rows of many small chunks, in order', async () => {
    const rows = Array.from({ length: 20_000 }, (_, i) => Buffer.from(`${i},${'x'.repeat(i % 50)}\n`))
    expect(await copyIn(client, COPY, rows)).toEqual({ rows: 20_000 })
    expect((await client.query('select sum(length(note))::int n from public.copied')).rows[0].n).toBe(490_000)
  })

  test('takes no rows as no rows', async () => {
    expect(await copyIn(client, COPY, [])).toEqual({ rows: 0 })
    expect(await copyIn(client, COPY, [Buffer.alloc(0)])).toEqual({ rows: 0 })
  })

  test('a source of more than the socket holds is not read ahead of the server', async () => {
    await client.query('begin')
    const other = await db.client()
    await other.query('begin; lock table public.copied in access exclusive mode')
    let made = 0
    const source = function* (): Generator<Buffer> {
      for (; made < 200; made++) yield Buffer.from(`${made},${'x'.repeat(1_000_000)}\n`)
    }
    const done = copyIn(client, COPY, source())
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(made).toBeLessThan(5)
    await other.query('rollback')
    expect(await done).toEqual({ rows: 200 })
    await client.query('rollback')
  })

  test('throws the driver error as it came, with the line, and leaves the client usable', async () => {
    const bad = copyIn(client, COPY, lines('1,a', 'two,b', '3,c'))
    await expect(bad).rejects.toMatchObject({ code: '22P02', where: expect.stringContaining('COPY copied, line 2') })
    expect(await count()).toBe(0)
  })

  test('notices the error of the server while the source is silent', async () => {
    const source = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.concat(lines('x,a', `1,${'x'.repeat(70_000)}`))
      yield* silent()
    }
    await expect(copyIn(client, COPY, source())).rejects.toMatchObject({ code: '22P02' })
    await expect(copyIn(client, 'copy public.nowhere from stdin', silent())).rejects.toMatchObject({ code: '42P01' })
    expect(await count()).toBe(0)
  })

  test('fails the COPY when the source fails, and throws the error of the source', async () => {
    const source = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.from(`1,${'x'.repeat(100_000)}\n`)
      throw new Error('disk on fire')
    }
    await expect(copyIn(client, COPY, source())).rejects.toThrow('disk on fire')
    expect(await count()).toBe(0)
  })

  test.each(['waiting for rows', 'waiting for a lock'])('stops at once on abort when %s', async (what) => {
    const other = await db.client()
    if (what.endsWith('lock')) await other.query('begin; lock table public.copied in access exclusive mode')
    const controller = new AbortController()
    setTimeout(() => controller.abort(new Error('enough')), 200)
    const start = performance.now()
    await expect(copyIn(client, COPY, silent(), controller.signal)).rejects.toThrow('enough')
    expect(performance.now() - start).toBeLessThan(1500)
    await other.query('rollback')
    expect(await count()).toBe(0)
  })

  test('ends when the connection is lost', async () => {
    const doomed = await db.client()
    const { pid } = (await doomed.query('select pg_backend_pid() pid')).rows[0]
    const copying = expect(copyIn(doomed, COPY, silent())).rejects.toThrow(/terminat/)
    await client.query('select pg_terminate_backend($1::int)', [pid])
    await copying
  })
})
