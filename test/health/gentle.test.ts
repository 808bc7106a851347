// Health hurts nobody: few statements a check, however many there are of what it looks at, and no lock that anybody would
// wait for.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openClient } from '../../src/db/connect.ts'
import { type BackupsSeen, NotJudged, type Server, type Vantage } from '../../src/health/check.ts'
import { lacking } from '../../src/health/needs.ts'
import { CHECKS } from '../../src/health/registry.ts'
import { type Run, runner } from '../../src/storage/session.ts'
import { describeTiers, migratedDatabase, type TestDatabase } from '../servers/databases.ts'

const SEEN: BackupsSeen = {
  ...{ newestGood: null, newestProof: null, failed: null, everySeconds: 60, drillEverySeconds: 60, archive: null },
}

/** One statement, rarely two; the market's checks look at each table. */
const MOST_STATEMENTS = 4

const LOCKS = `select distinct mode from pg_locks where pid = pg_backend_pid() and locktype <> 'virtualxid' and mode <> 'AccessShareLock'`

describeTiers('every check', (tier) => {
  let database: TestDatabase
  let client: Awaited<ReturnType<typeof openClient>>
  let server: Server
  let run: Run

  beforeAll(async () => {
    database = await migratedDatabase(tier)
    client = await openClient(database.connection)
    server = (await runner(client, { engine: 'postgres', server: 150_000 })<Server>('health/server'))[0]!
    run = runner(client, { engine: server.timescaledb === null ? 'postgres' : 'timescaledb', server: server.version })
    await client.query('create table narrow (i serial); insert into narrow default values')
  })
  afterAll(async () => {
    await client?.end()
    await database?.drop()
  })

  test.each(CHECKS.map((check) => [check.name, check] as const))('%s', async (_, check) => {
    if (lacking(check, { server, backups: true })) return
    let statements = 0
    const counted: Run = (name, params) => {
      statements++
      return run(name, params)
    }
    const vantage: Vantage = {
      ...{
        run: counted,
        once: counted,
        server,
        now: new Date(),
        sameHost: true,
        backups: async () => SEEN,
        before: undefined,
      },
      remember: () => {},
      threshold: () => check.threshold ?? { warn: null, crit: null },
    }
    await client.query('begin read only')
    try {
      await check.measure(vantage).catch((error: unknown) => {
        if (!(error instanceof NotJudged)) throw error
      })
      const { rows } = await client.query(LOCKS)
      expect(rows).toEqual([])
      expect(statements).toBeLessThanOrEqual(MOST_STATEMENTS)
    } finally {
      await client.query('rollback')
    }
  })
})
