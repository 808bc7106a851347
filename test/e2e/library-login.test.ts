// The library on a server that wants a password: the test servers trust everyone, the local server trusts nobody.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { destroyLocal, ensureLocal } from '../../src/embedded/service.ts'
import { connect } from '../../src/index.ts'

const home = mkdtempSync(join(tmpdir(), 'arxdb-library-'))
const options = { env: { PATH: process.env.PATH, ARXDB_HOME: home }, note: () => {}, idleStopMs: 0 }
let url: URL

beforeAll(async () => {
  const local = await ensureLocal(options)
  url = new URL(`postgres://${local.user}@127.0.0.1:${local.port}/${local.database}`)
  url.password = (await local.password?.()) ?? ''
  expect(url.password).not.toBe('')
})

afterAll(async () => {
  await destroyLocal(options)
  rmSync(home, { recursive: true, force: true })
})

test('every connection of the pool logs in', async () => {
  const client = await connect(url.href, { pool: { min: 0, max: 3 } })
  const pids = await Promise.all(
    [1, 2, 3].map(() => client.query<{ pid: number }>('select pg_backend_pid() as pid, pg_sleep(0.1)')),
  )
  expect(new Set(pids.map(([row]) => row!.pid)).size).toBe(3)
  await client.close()
})

test('a password that is missing is told as such', async () => {
  const without = new URL(url)
  without.password = ''
  const refused = await connect(without.href).catch((error: unknown) => error)
  const detail = 'it asks for a password, and none was found'
  expect(refused).toMatchObject({ code: 'login-refused', exit: 4, detail, hint: expect.stringContaining('.pgpass') })
})

test('a wrong password is told at once, exit 4, and is not repeated', async () => {
  const wrong = new URL(url)
  wrong.password = 'open-sesame'
  const refused = await connect(wrong.href).catch((error: unknown) => error)
  expect(refused).toMatchObject({ code: 'login-refused', exit: 4 })
  expect(JSON.stringify(refused, Object.getOwnPropertyNames(refused))).not.toContain('open-sesame')
})
