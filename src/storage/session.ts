// A connection that an area works on: named statements of sql/, each in a transaction with the session's settings.
import type { Connection } from '../connect/connection.ts'
import { openClient } from '../db/connect.ts'
import { inTransaction, type SessionLimits } from '../db/session.ts'
import { translate } from '../db/sqlstate.ts'
import { detect, tierInUse } from '../engines/detect.ts'
import type { Tier } from '../engines/engine.ts'
import { statement, type Target } from '../statements/load.ts'

export type Client = Awaited<ReturnType<typeof openClient>>

/** Runs a statement of sql/ by name. The caller says what its header promises. */
export type Run = <Row>(name: string, params?: Readonly<Record<string, unknown>>) => Promise<readonly Row[]>

export interface StorageSession {
  readonly connection: Connection
  /** Another one after `renew`: to be asked for anew each time. */
  readonly client: Client
  readonly target: Target
  /** What the schema was made for and the server still gives. */
  readonly tier: Tier
  readonly limits: SessionLimits
  /** Connects again, after the server went away. Settings are each transaction's own, so none are lost. */
  renew(): Promise<void>
  close(): Promise<void>
}

/** Statements on `client`, inside whatever transaction it is in. */
export const runner =
  (client: Pick<Client, 'query'>, target: Target): Run =>
  async (name, params = {}) => {
    const { text, header } = statement(name, target)
    return (
      await client.query(
        text,
        header.params.map((p) => params[p.name] ?? null),
      )
    ).rows
  }

/** Connects and finds out which variants of statements the schema was made for. The caller closes it. */
export async function openSession(connection: Connection, limits: SessionLimits): Promise<StorageSession> {
  let client = await openClient(connection)
  const end = (): Promise<void> => client.end().catch(() => {})
  try {
    const plain: Target = { engine: 'postgres', server: 150_000 }
    const found = await detect((name) => runner(client, plain)(name))
    const target: Target = { engine: found.tier === 'plain' ? 'postgres' : 'timescaledb', server: found.version.server }
    return {
      ...{ connection, target, limits, tier: tierInUse(found) },
      get client() {
        return client
      },
      async renew() {
        // Not awaited: a server that is gone may never answer the farewell.
        void end()
        client = await openClient(connection)
      },
      close: end,
    }
  } catch (error) {
    await end()
    throw translate(error, connection)
  }
}

/** The same connection for transactions with other limits. */
export const limited = (session: StorageSession, limits: Partial<SessionLimits>): StorageSession => ({
  ...{ connection: session.connection, target: session.target, tier: session.tier },
  limits: { ...session.limits, ...limits },
  get client() {
    return session.client
  },
  renew: () => session.renew(),
  close: () => session.close(),
})

const transaction = (session: StorageSession) => {
  const { client, connection, limits } = session
  return { client, connection, limits }
}

/** One writing transaction around `body`. */
export const writing = <T>(session: StorageSession, body: (run: Run) => Promise<T>, signal?: AbortSignal): Promise<T> =>
  inTransaction({ ...transaction(session), signal, write: true }, (client) =>
    body(runner(client as Client, session.target)),
  )

/** One reading transaction around `body`. */
export const reading = <T>(session: StorageSession, body: (run: Run) => Promise<T>, signal?: AbortSignal): Promise<T> =>
  inTransaction({ ...transaction(session), signal }, (client) => body(runner(client as Client, session.target)))
