// One answer to "how is it now": every source of metrics in a short read-only transaction of its own, then health.
import { join } from 'node:path'
import type { Connection } from '../../connect/connection.ts'
import { openClient } from '../../db/connect.ts'
import { inTransaction } from '../../db/session.ts'
import { translate } from '../../db/sqlstate.ts'
import { ArxError, EXIT } from '../../errors.ts'
import type { Target } from '../../statements/load.ts'
import { type Client, type Run, runner } from '../../storage/session.ts'
import { NotJudged, type Remembered, type Server } from '../check.ts'
import { keep, recall, stateFolder } from '../memory.ts'
import { lacking } from '../needs.ts'
import { prometheusText } from '../prometheus.ts'
import { type HealthWorld, health, type Settings } from '../service.ts'
import { exposition } from './exposition.ts'
import { type Sample, sample } from './family.ts'
import { type Growth, growthSince } from './growth.ts'
import type { Source } from './source.ts'
import { activity } from './sources/activity.ts'
import { backups } from './sources/backups.ts'
import { database } from './sources/database.ts'
import { markets } from './sources/markets.ts'
import { queries } from './sources/queries.ts'
import { relations } from './sources/relations.ts'

const SOURCES: readonly Source[] = [activity, database, queries, relations, markets, backups]

const STATEMENT_MS = 5_000
const LOCK_MS = 500

export interface Scraped {
  readonly text: string
  /** What the text lacks, and why: for a person who looks at it. */
  readonly remarks: readonly string[]
}

interface Asked {
  readonly samples: readonly Sample[]
  readonly remarks: readonly string[]
}

/** Never throws for what it finds: a server that is down is `db_up 0`. Throws when the signal fires. */
export async function scrape(connection: Connection, settings: Settings, world: HealthWorld): Promise<Scraped> {
  const began = performance.now()
  const state = stateFolder(world.env, 'metrics')
  const file = join(state, `scrape-${encodeURIComponent(placeOf(connection))}.json`)
  const growth = growthSince(recall(file).counters.scrape, world.now())
  const asked = await ask(connection, settings, world, growth)
  const report = await health(async () => connection, [], settings, { warn: [], crit: [] }, { ...world, state })
  const scraped: Remembered = { at: world.now().toISOString(), values: growth.values }
  const unkept = keep(file, { counters: { scrape: scraped }, since: {} })
  const took = sample('arxdb_metrics_duration_seconds', (performance.now() - began) / 1000)
  return {
    text: `${await exposition([...asked.samples, took])}\n${await prometheusText(report)}`,
    remarks: [...asked.remarks, ...(unkept === undefined ? [] : [`nothing is remembered for rates: ${unkept}`])],
  }
}

const placeOf = ({ host, port, database }: Connection): string => `${host} ${port} ${database}`

async function ask(connection: Connection, settings: Settings, world: HealthWorld, growth: Growth): Promise<Asked> {
  let client: Client
  try {
    client = await openClient(connection)
  } catch (error) {
    return down(translate(error, connection), growth)
  }
  try {
    return await read(connection, client, settings, world, growth)
  } finally {
    await client.end().catch(() => {})
  }
}

const down = (error: ArxError, growth: Growth): Asked => ({
  samples: [sample('db_up', 0), sample('db_connection_errors', growth.add('connection_errors', 1))],
  remarks: [[error.message, error.detail].filter(Boolean).join(': ')],
})

async function read(
  connection: Connection,
  client: Client,
  { timeoutMs }: Settings,
  { command, signal, now, backups }: HealthWorld,
  growth: Growth,
): Promise<Asked> {
  const statementTimeoutMs = timeoutMs > 0 ? Math.min(timeoutMs, STATEMENT_MS) : STATEMENT_MS
  const limits = { statementTimeoutMs, lockTimeoutMs: LOCK_MS, command }
  const within = <T>(target: Target, body: (run: Run) => Promise<T>): Promise<T> =>
    inTransaction({ client, limits, connection, signal }, (inside) => body(runner(inside as Client, target)))
  let server: Server
  try {
    const plain: Target = { engine: 'postgres', server: 150_000 }
    server = await within(plain, async (run) => (await run<Server>('health/server'))[0]!)
  } catch (error) {
    if (signal.aborted) throw error
    return down(translate(error, connection), growth)
  }
  const target: Target = { engine: server.timescaledb === null ? 'postgres' : 'timescaledb', server: server.version }
  const samples: Sample[] = [sample('db_up', 1), sample('db_connection_errors', growth.add('connection_errors', 0))]
  const remarks: string[] = []
  for (const source of SOURCES) {
    signal.throwIfAborted()
    const up = (value: 0 | 1) => samples.push(sample('arxdb_metrics_source_up', value, { source: source.name }))
    try {
      const missing = lacking(source, { server, backups: backups !== undefined })
      if (missing) throw missing
      samples.push(...(await within(target, (run) => source.read({ run, server, now: now(), backups, growth }))))
      up(1)
    } catch (error) {
      if (signal.aborted) throw error
      // Skipped: there is nothing of that kind here, and nothing is missing.
      if (error instanceof NotJudged && error.state === 'SKIPPED') continue
      up(0)
      remarks.push(`${source.name}: ${said(error instanceof NotJudged ? error : translate(error, connection))}`)
    }
  }
  return { samples: [...samples], remarks }
}

const said = (error: ArxError | NotJudged): string => {
  const more = error instanceof ArxError && error.exit !== EXIT.connection ? error.detail : undefined
  return [error.message, more, error.hint && `try: ${error.hint}`].filter(Boolean).join('; ')
}
