// One moment of a database that several connections look at: an exported snapshot, with everything locked against being
// dropped, truncated or compressed before the snapshot was taken.
import type { Connection } from '../../connect/connection.ts'
import { openClient } from '../../db/connect.ts'
import { identifier, qualified } from '../../db/identifier.ts'
import { sqlState, translate } from '../../db/sqlstate.ts'
import { detect } from '../../engines/detect.ts'
import { statement, type Target } from '../../statements/load.ts'
import { type Client, type Run, runner } from '../../storage/session.ts'

export interface Snapshot {
  /** For `set transaction snapshot` and pg_dump --snapshot. */
  readonly id: string
  readonly at: string
  readonly client: Client
  readonly target: Target
  /** Statements of sql/ within the snapshot. */
  readonly run: Run
  close(): Promise<void>
}

/** How long a lock is waited for: what holds longer than this is not in passing. */
export const LOCK_WAIT_MS = 60_000

/** undefined_table, invalid_schema_name, deadlock_detected, and the internal error of a relation that went under a lock. */
const GONE = ['42P01', '3F000', '40P01', 'XX000']

/** How text leaves and enters the server, whatever the database or the role has set. */
export const TEXT_SETTINGS = [
  'set local jit = off',
  "set local timezone = 'UTC'",
  "set local datestyle = 'ISO, YMD'",
  "set local intervalstyle = 'postgres'",
  'set local extra_float_digits = 3',
  "set local bytea_output = 'hex'",
  "set local xmloption = 'content'",
  "set local search_path = ''",
  'set local row_security = off',
  'set local statement_timeout = 0',
  'set local idle_in_transaction_session_timeout = 0',
  `set local lock_timeout = ${LOCK_WAIT_MS}`,
  "set local application_name = 'arxdb/backup'",
].join(';')

/**
 * Begins a read-only repeatable-read transaction and exports its snapshot. Every table is locked (AccessShare) first:
 * compressing a chunk truncates it, and a truncated table is empty for a snapshot of before, too.
 */
export async function openSnapshot(connection: Connection): Promise<Snapshot> {
  const client = await openClient(connection)
  try {
    const plain: Target = { engine: 'postgres', server: 150_000 }
    const found = await detect((name) => runner(client, plain)(name))
    const engine = found.version.timescaledb === null ? 'postgres' : 'timescaledb'
    const target: Target = { engine, server: found.version.server }
    await lockAll(client, target)
    const { text } = statement('backup/logical/export', target)
    const { rows } = await client.query<{ id: string; at: string }>(text)
    return {
      ...{ id: rows[0]!.id, at: rows[0]!.at, client, target },
      run: runner(client, target),
      async close() {
        await client.query('rollback').catch(() => {})
        await client.end().catch(() => {})
      },
    }
  } catch (error) {
    await client.end().catch(() => {})
    throw translate(error, connection)
  }
}

const LOCK_TRIES = 3

/** Begins the transaction and locks every table in it. One that is dropped before its turn comes has the list read anew. */
async function lockAll(client: Client, target: Target): Promise<void> {
  for (let tries = 1; ; tries++) {
    const tables = await runner(client, target)<{ schema: string; name: string }>('backup/logical/lockable')
    await client.query(`begin isolation level repeatable read read only;${TEXT_SETTINGS}`)
    try {
      // LOCK takes no snapshot: the one that is exported begins after it.
      for (const batch of batches(tables, 500)) {
        await client.query(`lock table only ${batch.map(qualified).join(', only ')} in access share mode`)
      }
      return
    } catch (error) {
      await client.query('rollback')
      if (tries === LOCK_TRIES || !GONE.includes(sqlState(error) ?? '')) throw error
    }
  }
}

/** Another connection that sees exactly what the snapshot sees. */
export async function joinSnapshot(connection: Connection, snapshot: Snapshot): Promise<Client> {
  const client = await openClient(connection)
  try {
    await client.query('begin isolation level repeatable read read only')
    await client.query(`set transaction snapshot '${snapshot.id.replace(/[^0-9A-Za-z-]/g, '')}'`)
    await client.query(TEXT_SETTINGS)
    return client
  } catch (error) {
    await client.end().catch(() => {})
    throw translate(error, connection)
  }
}

export function* batches<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size)
}

/** `"a"."b"` of what a statement of sql/backup names. */
export const named = (schema: string, name: string): string => `${identifier(schema)}.${identifier(name)}`
