// A connection that an area works on: named statements of sql/, each in a transaction with the session's settings.
import type { Connection } from '../connect/connection.ts'
import { openClient } from '../db/connect.ts'
import { inTransaction, type SessionLimits } from '../db/session.ts'
import { translate } from '../db/sqlstate.ts'
import { detect } from '../engines/detect.ts'
import { statement, type Target } from '../statements/load.ts'

export type Client = Awaited<ReturnType<typeof openClient>>

/** Runs a statement of sql/ by name. The caller says what its header promises. */
export type Run = <Row>(name: string, params?: Readonly<Record<string, unknown>>) => Promise<readonly Row[]>

export interface StorageSession {
  readonly connection: Connection
  readonly client: Client
  readonly target: Target
  readonly limits: SessionLimits
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

/** Connects and finds out which variants of statements the schema was made for. The caller ends the client. */
export async function openSession(connection: Connection, limits: SessionLimits): Promise<StorageSession> {
  const client = await openClient(connection)
  try {
    const plain: Target = { engine: 'postgres', server: 150_000 }
    const found = await detect((name) => runner(client, plain)(name))
    const target: Target = { engine: found.tier === 'plain' ? 'postgres' : 'timescaledb', server: found.version.server }
    return { connection, client, target, limits }
  } catch (error) {
    await client.end()
    throw translate(error, connection)
  }
}

/** One writing transaction around `body`. */
export const writing = <T>(session: StorageSession, body: (run: Run) => Promise<T>, signal?: AbortSignal): Promise<T> =>
  inTransaction({ ...session, signal, write: true }, (client) => body(runner(client as Client, session.target)))

/** One reading transaction around `body`. */
export const reading = <T>(session: StorageSession, body: (run: Run) => Promise<T>, signal?: AbortSignal): Promise<T> =>
  inTransaction({ ...session, signal }, (client) => body(runner(client as Client, session.target)))
