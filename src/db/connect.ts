// Opens connections. No startup parameters and no session SET: a pooler in transaction mode refuses the first and
// hands the second to the next client (measured with PgBouncer).

import type { Connection } from '../connect/connection.ts'
import { pg } from './pg.ts'
import { translate } from './sqlstate.ts'
import { wireTypes } from './types.ts'

type Tls = boolean | Exclude<Connection['tls'], string | false>

const config = (c: Connection, tls: Tls): pg.ClientConfig => ({
  host: c.host,
  port: c.port,
  user: c.user,
  database: c.database,
  // pg sends '' where nothing is known; without this it would read PGPASSWORD and .pgpass by its own rules.
  password: async () => (await c.password?.()) ?? '',
  ssl: tls === true ? { rejectUnauthorized: false } : tls,
  connectionTimeoutMillis: c.connectTimeoutMs,
  keepAlive: true,
  types: wireTypes,
})

/** pg would send PGOPTIONS as a startup parameter: poolers refuse those, and it is no business of the local server. */
class PlainClient extends pg.Client {
  constructor(options?: pg.ClientConfig) {
    super(options)
    const { connectionParameters } = this as unknown as { connectionParameters: { options?: string | undefined } }
    connectionParameters.options = undefined
  }
}

const tlsChoices = (c: Connection): readonly Tls[] => {
  if (c.tls !== 'prefer') return [c.tls]
  return c.host.startsWith('/') ? [false] : [true, false]
}

const refusedTls = (error: unknown): boolean =>
  error instanceof Error && error.message.includes('The server does not support SSL connections')

/** A connected client of its own: for COPY, locks and listeners. The caller ends it. */
export async function openClient(c: Connection): Promise<pg.Client> {
  const choices = tlsChoices(c)
  for (const [index, tls] of choices.entries()) {
    const client = new PlainClient(config(c, tls))
    // A server that goes away emits 'error' on an idle client; unheard it would end the process.
    client.on('error', () => {})
    try {
      await client.connect()
      return client
    } catch (error) {
      await client.end().catch(() => {})
      if (index === choices.length - 1 || !refusedTls(error)) throw translate(error, c)
    }
  }
  throw new Error('unreachable: tlsChoices is never empty')
}

export interface PoolLimits {
  readonly max: number
  readonly min?: number
  readonly idleTimeoutMs?: number
  readonly acquireTimeoutMs?: number
}

/** A pool of clients. With `tls: 'prefer'` the first connection settles whether TLS is used. */
export async function openPool(c: Connection, limits: PoolLimits): Promise<pg.Pool> {
  const probe = await openClient(c)
  const encrypted = (probe as unknown as { connection: { stream: { encrypted?: boolean } } }).connection.stream
    .encrypted
  await probe.end()
  const tls: Tls = c.tls === 'prefer' ? encrypted === true : c.tls
  const settings = config(c, tls)
  // The pool has one timeout for both, waiting and connecting; connecting keeps its own.
  class Client extends PlainClient {
    constructor(options?: pg.ClientConfig) {
      // pg-pool hides the password from a spread.
      super({ ...options, password: settings.password, connectionTimeoutMillis: c.connectTimeoutMs })
    }
  }
  const pool = new pg.Pool({
    ...settings,
    Client,
    max: limits.max,
    min: limits.min ?? 0,
    idleTimeoutMillis: limits.idleTimeoutMs ?? 30_000,
    ...(limits.acquireTimeoutMs === undefined ? {} : { connectionTimeoutMillis: limits.acquireTimeoutMs }),
  })
  pool.on('error', () => {})
  return pool
}
