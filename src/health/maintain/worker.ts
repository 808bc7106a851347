// The connection that upkeep works on. VACUUM and the CONCURRENTLY forms run outside any transaction, so what limits them
// are settings of the session: that takes a connection without a pooler in transaction mode, which would hand them on.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection } from '../../connect/connection.ts'
import { cancelling } from '../../db/cancel.ts'
import { openClient } from '../../db/connect.ts'
import { sqlState } from '../../db/sqlstate.ts'
import { ArxError, EXIT, unsupportedError } from '../../errors.ts'
import { type Client, type Run, runner } from '../../storage/session.ts'
import type { Kind, Step } from './step.ts'

const NOT_AVAILABLE = ['55P03', '40P01']
const TRIES = 3
const SWEEP_MS = 2_000
const FIRST_WAIT_MS = 500

/** A rebuild waits for every transaction that began before it; giving up early throws away what it built. */
const PATIENT: readonly Kind[] = ['reindex']

export interface Patience {
  /** For a lock on a table, behind which others queue up. */
  readonly lockTimeoutMs: number
  /** Of a rebuild, for older transactions; nobody queues behind that. */
  readonly rebuildTimeoutMs: number
}

export interface Worker {
  readonly run: Run
  readonly rollups: boolean
  /** Runs a step's statement; 'locked' after several tries. What fails otherwise is thrown. */
  send(step: Step, patience: Patience, between: () => Promise<void>): Promise<'done' | 'locked'>
  /** The same once, whatever the signal says, and without much patience: the next run can do it, too. */
  sweep(step: Step): Promise<void>
  close(): Promise<void>
}

interface Facts {
  readonly pid: number
  readonly standby: boolean
  readonly rollups: boolean
}

/** Connects; exit 5 for a standby and behind a pooler. */
export async function openWorker(connection: Connection, signal: AbortSignal): Promise<Worker> {
  const client = await openClient(connection)
  try {
    const run = runner(client, { engine: 'postgres', server: 150_000 })
    const facts = (await run<Facts>('health/maintain-facts'))[0]!
    if (facts.standby) throw unsupportedError('a standby cannot be maintained', 'arxdb maintain on its primary')
    if ((client as unknown as { processID: number }).processID !== facts.pid) throw pooled()
    await client.query(
      "set application_name = 'arxdb/maintain'; set statement_timeout = 0; set idle_session_timeout = 0; set timezone = 'UTC'",
    )
    // After a SIGKILL the server ends the statement within a second; not every platform of it knows how.
    await client.query("set client_connection_check_interval = '1s'").catch(() => {})
    return worker(client, run, facts, signal)
  } catch (error) {
    await client.end().catch(() => {})
    throw error
  }
}

const pooled = (): ArxError =>
  new ArxError({
    code: 'pooled',
    message: 'a pooler stands between here and the server',
    detail: 'VACUUM and REINDEX CONCURRENTLY are limited by settings of a session, which a pooler hands on to others',
    hint: "name the server's own port: --url postgres://...:5432/...",
    exit: EXIT.unsupported,
  })

function worker(client: Client, run: Run, { rollups }: Facts, signal: AbortSignal): Worker {
  const limit = ({ kind }: Step, { lockTimeoutMs, rebuildTimeoutMs }: Patience): Promise<unknown> =>
    client.query(`set lock_timeout = ${Math.round(PATIENT.includes(kind) ? rebuildTimeoutMs : lockTimeoutMs)}`)
  return {
    ...{ run, rollups },
    async send(step, patience, between) {
      for (let tries = 1; ; tries++) {
        try {
          await limit(step, patience)
          await cancelling(client, signal, () => client.query(step.sql))
          return 'done'
        } catch (error) {
          if (signal.aborted || !NOT_AVAILABLE.includes(sqlState(error) ?? '')) throw error
          await between()
          // Each try of a rebuild that waits in vain may leave another copy.
          if (tries === TRIES || PATIENT.includes(step.kind)) return 'locked'
          await sleep(FIRST_WAIT_MS * 2 ** tries * (0.5 + Math.random()), undefined, { signal }).catch(() => {})
          signal.throwIfAborted()
        }
      }
    },
    async sweep({ sql }) {
      await client.query(`set lock_timeout = ${SWEEP_MS}`)
      await client.query(sql)
    },
    close: () => client.end().catch(() => {}),
  }
}
