import { once } from 'node:events'
import { createServer, connect as dial, type Server } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Connection } from '../../src/connect/connection.ts'
import { cancelling } from '../../src/db/cancel.ts'
import { openClient } from '../../src/db/connect.ts'
import { inTransaction } from '../../src/db/session.ts'
import { emptyDatabase, type TestDatabase, tier } from '../servers/databases.ts'

const limits = { statementTimeoutMs: 20_000, lockTimeoutMs: 5_000, command: 'test' }

/** Passes bytes on; every connection after the first one only `delayMs` later. */
async function slowFromTheSecond(to: Connection, delayMs: number): Promise<{ server: Server; port: number }> {
  let seen = 0
  const server = createServer(async (near) => {
    near.on('error', () => {})
    near.pause()
    seen += 1
    if (seen > 1) await sleep(delayMs)
    const far = dial(to.port, to.host).on('error', () => {})
    near.pipe(far).pipe(near)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, port: (server.address() as { port: number }).port }
}

describe('cancel', () => {
  let db: TestDatabase
  beforeAll(async () => {
    db = await emptyDatabase(tier('plain'))
  })
  afterAll(() => db.drop())

  test('an abort between two statements stops the one after it', async () => {
    const client = await openClient(db.connection)
    const stop = new AbortController()
    const start = performance.now()
    const work = inTransaction({ client, limits, signal: stop.signal }, async () => {
      await client.query('select 1')
      stop.abort()
      await sleep(100)
      await client.query('select pg_sleep(10)')
    })
    await expect(work).rejects.toMatchObject({ code: 'interrupted', exit: 130 })
    expect(performance.now() - start).toBeLessThan(2_000)
    await client.end()
  })

  test('a request that comes late does not hit the next statement of the session', async () => {
    const { server, port } = await slowFromTheSecond(db.connection, 300)
    const client = await openClient({ ...db.connection, host: '127.0.0.1', port })
    const stop = new AbortController()
    setTimeout(() => stop.abort(), 50)
    await cancelling(client, stop.signal, () => client.query('select pg_sleep(0.2)'))
    const { rows } = await client.query('select pg_sleep(0.5), 1 as one')
    expect(rows[0].one).toBe(1)
    await client.end()
    server.close()
  })
})
