// The SQL engine: PostgreSQL's protocol, with or without TimescaleDB. What differs is the capability set and the
// statement variants.
import type { ClientBase } from 'pg'
import type { Connection } from '../../connect/connection.ts'
import { openClient } from '../../db/connect.ts'
import { inTransaction, type SessionLimits } from '../../db/session.ts'
import { translate } from '../../db/sqlstate.ts'
import { type Statement, statement, type Target } from '../../statements/load.ts'
import { type Detected, detect } from '../detect.ts'
import type { Ask, Capability, Engine } from '../engine.ts'

export interface EngineOptions {
  readonly connection: Connection
  readonly limits: SessionLimits
  readonly signal?: AbortSignal | undefined
  /** Hears of every statement that ran: for `-v`. */
  readonly onStatement?: ((statement: Statement, params: readonly unknown[], ms: number) => void) | undefined
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
  const found = await detect(async (name) => (await client.query(statement(name, BEFORE_DETECTION).text)).rows).catch(
    async (error: unknown) => {
      await client.end()
      throw translate(error, options.connection)
    },
  )
  const capabilities = capabilitiesOf(found)
  const target = targetOf(found)
  return {
    tier: found.tier,
    version: found.version,
    can: (capability) => capabilities.has(capability),
    question: (body) =>
      inTransaction({ ...options, client }, () => {
        return body(asker(client, target, options.onStatement))
      }),
    close: () => client.end(),
  }
}

/** Detection's own statements have no variants. */
const BEFORE_DETECTION: Target = { engine: 'postgres', server: 150_000 }

function asker(client: ClientBase, target: Target, onStatement: EngineOptions['onStatement']): Ask {
  const ask = async (name: string, params: Readonly<Record<string, unknown>>): Promise<readonly unknown[]> => {
    const found = statement(name, target)
    const values = found.header.params.map((p) => params[p.name] ?? null)
    const start = performance.now()
    const { rows } = await client.query(found.text, values)
    onStatement?.(found, values, performance.now() - start)
    return rows
  }
  return ask as Ask
}
