// What the live screen asks: one connection, one short read-only transaction a look, and only what is on the screen.
import type { Connection } from '../../connect/connection.ts'
import { openClient } from '../../db/connect.ts'
import { inTransaction } from '../../db/session.ts'
import { translate } from '../../db/sqlstate.ts'
import { ArxError, EXIT } from '../../errors.ts'
import { type Client, type Run, runner } from '../../storage/session.ts'
import type { Server } from '../check.ts'

const LIMITS = { statementTimeoutMs: 5_000, lockTimeoutMs: 500, command: 'top' }
/** Signs of a map of chunks. */
const CELLS = 60

export type Row = Readonly<Record<string, string | number | boolean | null>>

export interface Outside {
  /** Runs of backups that are on record in the repository; undefined where none is configured. */
  readonly runs: (() => Promise<readonly Row[]>) | undefined
}

export interface Watch {
  readonly server: Server
  /** The rows of a tab, and the line above them. */
  look<Summary>(tab: string): Promise<{ readonly rows: readonly Row[]; readonly summary: Summary }>
  /** Cancels the statement of a session, or ends the session; whether there was one. */
  act(what: 'cancel' | 'terminate', pid: number): Promise<boolean>
  close(): Promise<void>
}

/** Connects; the caller closes. A connection that is lost is made anew by the next look. */
export async function openWatch(connection: Connection, outside: Outside): Promise<Watch> {
  let client: Client | undefined = await openClient(connection)
  const within = async <T>(body: (run: Run) => Promise<T>, version = 150_000, timescaledb = false): Promise<T> => {
    client ??= await openClient(connection)
    const target = { engine: timescaledb ? ('timescaledb' as const) : ('postgres' as const), server: version }
    const task = { client, limits: LIMITS, connection }
    try {
      return await inTransaction(task, (inside) => body(runner(inside as Client, target)))
    } catch (error) {
      const failure = translate(error, connection)
      if (failure.exit === EXIT.connection) {
        void client.end().catch(() => {})
        client = undefined
      }
      throw failure
    }
  }
  const server = await within(async (run) => (await run<Server>('health/server'))[0]!)
  const ask = <T>(body: (run: Run) => Promise<T>): Promise<T> =>
    within(body, server.version, server.timescaledb !== null)
  return {
    server,
    async look<Summary>(tab: string) {
      const backups = tab === 'timeline' ? await outside.runs?.() : undefined
      return ask(async (run) => {
        const [summary] = await run<Summary>('top/summary')
        const rows = await rowsOf(tab, run, server)
        return { summary: summary!, rows: backups ? newestFirst([...rows, ...backups]) : rows }
      })
    },
    act: (what, pid) =>
      ask(async (run) => {
        const [row] = await run<{ done: boolean }>(what === 'cancel' ? 'top/cancel' : 'top/terminate', { pid })
        return row?.done ?? false
      }),
    async close() {
      await client?.end().catch(() => {})
    },
  }
}

async function rowsOf(tab: string, run: Run, server: Server): Promise<readonly Row[]> {
  switch (tab) {
    case 'activity':
      return run<Row>('top/activity', { with_idle: false })
    case 'locks':
      return (await run<Row & { pid: number; depth: number }>('top/locks')).map((row) => ({
        ...row,
        tree: `${'  '.repeat(row.depth)}${row.depth > 0 ? '└ ' : ''}${row.pid}`,
      }))
    case 'chunks':
      return run<Row>('top/chunks', { cells: CELLS })
    case 'jobs':
      return run<Row>('top/jobs')
    case 'timeline':
      return server.readable ? run<Row>('top/timeline') : []
    default:
      throw new ArxError({ code: 'usage', message: `no tab "${tab}"`, exit: EXIT.usage })
  }
}

const newestFirst = (rows: readonly Row[]): readonly Row[] =>
  [...rows].sort((a, b) => String(b.at).localeCompare(String(a.at)))
