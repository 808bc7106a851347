// The SQL engine: PostgreSQL's protocol, with or without TimescaleDB. What differs is the capability set and the
// statement variants.
import type { ClientBase } from 'pg'
import type { Connection } from '../../connect/connection.ts'
import { openClient } from '../../db/connect.ts'
import { inTransaction, type SessionLimits } from '../../db/session.ts'
import { translate } from '../../db/sqlstate.ts'
import { inlined } from '../../statements/inline.ts'
import { type Statement, statement, type Target } from '../../statements/load.ts'
import { type Detected, detect, type Probe } from '../detect.ts'
import type { Ask, Capability, Engine } from '../engine.ts'

export interface EngineOptions {
  readonly connection: Connection
  readonly limits: SessionLimits
  readonly signal?: AbortSignal | undefined
  /** Hears of every statement that ran: for `-v`. */
  readonly onStatement?: ((statement: Statement, params: readonly unknown[], ms: number) => void) | undefined
  /** `server`: the tier is what the server offers; what the schema was made for is not read. */
  readonly only?: 'server' | undefined
  /** Tells what would run instead of running it; which markets are meant is looked up all the same. */
  readonly instead?: Instead | undefined
}

export interface Instead {
  /** The text for psql, or the server's plan after a run, with its buffers. */
  readonly show: 'sql' | 'plan'
  tell(text: string): void
}

export type CapabilitiesOf = (detected: Detected) => ReadonlySet<Capability>

/** The statement target of a server: TimescaleDB's variants only where the schema was made for it. */
const targetOf = ({ tier, version }: Pick<Detected, 'tier' | 'version'>): Target => ({
  engine: tier === 'plain' ? 'postgres' : 'timescaledb',
  server: version.server,
})

/** Connects, finds out what the server is, and answers questions on that one connection until closed. */
export async function openPostgres(options: EngineOptions, capabilitiesOf: CapabilitiesOf): Promise<Engine> {
  const client = await openClient(options.connection)
  const probe: Probe = async (name) => (await client.query(statement(name, BEFORE_DETECTION).text)).rows
  const found = await detect(probe, options.only).catch(async (error: unknown) => {
    await client.end()
    throw translate(error, options.connection)
  })
  const capabilities = capabilitiesOf(found)
  const target = targetOf(found)
  return {
    tier: found.tier,
    version: found.version,
    can: (capability) => capabilities.has(capability),
    question: (body) =>
      inTransaction({ ...options, client, isolation: 'repeatable read' }, () => {
        return body(asker(client, target, options))
      }),
    close: () => client.end(),
  }
}

/** Detection's own statements have no variants. */
const BEFORE_DETECTION: Target = { engine: 'postgres', server: 150_000 }

/** Statements that only find out what is asked about, and from where. */
const LOOKS_UP =
  /^(markets\/(?!coverage|coins)|rollups\/|bars\/|arbitrage\/markets$|price\/newest$|sizes\/names$|slow\/extension$|indexes\/standing$)/

/** Changes how the rest runs, so a script has to do it too. */
const SETS = 'rollups/serial'

function asker(client: ClientBase, target: Target, { onStatement, instead }: EngineOptions): Ask {
  const ask = async (name: string, params: Readonly<Record<string, unknown>>): Promise<readonly unknown[]> => {
    const found = statement(name, target)
    const values = found.header.params.map((p) => params[p.name] ?? null)
    if (name === SETS && instead?.show === 'sql') instead.tell('set local max_parallel_workers_per_gather = 0;\n')
    if (instead && !LOOKS_UP.test(name)) {
      instead.tell(instead.show === 'sql' ? inlined(found, values) : await planOf(client, found, values))
      return []
    }
    const start = performance.now()
    const { rows } = await client.query(found.text, values)
    onStatement?.(found, values, performance.now() - start)
    return rows
  }
  return ask as Ask
}

async function planOf(client: ClientBase, { header, text }: Statement, values: readonly unknown[]): Promise<string> {
  const { rows } = await client.query(`explain (analyze, buffers, settings) ${text}`, [...values])
  return `-- ${header.title}\n${rows.map((row: Record<string, string>) => row['QUERY PLAN']).join('\n')}\n`
}
