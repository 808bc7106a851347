import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Bench, bench } from '../../engines/ingest-files.ts'
import { tiers } from '../../servers/databases.ts'
import { awkward, FLAGS } from './awkward-file.ts'
import { type RestartingServer, startOwnServer } from './own-server.ts'
import { forget, type Picture, pictureOf } from './picture.ts'
import { makeProgram, type Program, share } from './program.ts'

const FILE = awkward(100_000)
const AGAIN = 'arxdb ingest again'

// Any tier's server restarts in the same way, and those of the suite are not ours to stop.
describe.skipIf(!tiers().some(({ name }) => name === 'plain'))('a load whose server restarts', () => {
  let server: RestartingServer
  let b: Bench
  let program: Program
  let file: string
  let clean: Picture

  beforeAll(async () => {
    server = await startOwnServer()
    ;[b, program] = await Promise.all([bench({ name: 'plain', url: server.url }), makeProgram()])
    file = b.file('big.csv', FILE.text)
    await b.load(file, FLAGS)
    clean = await pictureOf(b, file)
    await forget(b, file)
    b = await again()
  })
  afterAll(async () => {
    program?.remove()
    await b?.client.end()
    await server?.stop()
  })

  /** The bench with a connection that lives: a restart ends that one too. */
  async function again(): Promise<Bench> {
    await b.client.end().catch(() => {})
    const client = new pg.Client({ connectionString: b.db.url })
    client.on('error', () => {})
    await client.connect()
    return { ...b, client, rows: async (sql, params) => (await client.query(sql, params)).rows }
  }

  test.each([
    { mode: 'immediate', at: 0.2, jobs: 1 },
    { mode: 'immediate', at: 0.5, jobs: 3 },
    { mode: 'fast', at: 0.4, jobs: 2 },
    { mode: 'fast', at: 0.9, jobs: 2 },
  ] as const)(
    '$mode at $at of the file, on $jobs connections: it goes on by itself or says how',
    async ({ mode, at, jobs }) => {
      const running = program.load(b.db.url, { ...FLAGS, files: [file], jobs, again: AGAIN, rateLimit: 8_000_000 })
      await running.until((step) => share(step) >= at)
      await server.restart(mode)
      const { code, error } = await running.ended
      if (code !== 0) {
        expect(error).toMatchObject({ code: 'no-connection', hint: expect.stringContaining(AGAIN) })
        await b.load(file, FLAGS)
      }
      b = await again()
      expect(await pictureOf(b, file)).toEqual(clean)
      expect((await b.load(file, FLAGS))[0]).toMatchObject({ already_loaded: true })
      await forget(b, file)
    },
  )
})
