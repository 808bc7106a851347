// One at a time in a database, for work that takes many transactions. The lock lives in an idle READ COMMITTED
// transaction on a connection of its own: that survives a pooler in transaction mode, holds no snapshot, and ends with
// the process, however that ends.
import type { Connection } from '../connect/connection.ts'
import { openClient } from '../db/connect.ts'
import { translate } from '../db/sqlstate.ts'
import { ArxError, EXIT } from '../errors.ts'
import type { Target } from '../statements/load.ts'
import { runner } from './session.ts'

const PLAIN: Target = { engine: 'postgres', server: 150_000 }
const PING_MS = 15_000

export interface Lock {
  /** Throws when the connection that holds it is gone: another one may be at work. */
  check(): void
  release(): Promise<void>
}

interface Holder {
  readonly pid: number
  readonly application_name: string | null
  readonly usename: string | null
  readonly client: string | null
  readonly since: string | null
}

/** Takes the lock `name`, or refuses (exit 6) naming who has it. `command` is what others see of this one. */
export async function takeLock(connection: Connection, name: string, command: string): Promise<Lock> {
  const client = await openClient(connection)
  const run = runner(client, PLAIN)
  try {
    await client.query(
      `begin isolation level read committed; set local idle_in_transaction_session_timeout = 0; set local application_name = 'arxdb/${command}'; set local timezone = 'UTC'`,
    )
    const [row] = await run<{ locked: boolean }>('storage/try-lock', { name })
    if (!row!.locked) throw busy(command, (await run<Holder>('storage/lock-holder', { name }))[0])
  } catch (error) {
    await client.end().catch(() => {})
    throw translate(error, connection)
  }
  let lost: unknown
  const lose = (error: unknown): void => {
    lost ??= error
  }
  client.on('end', () => lose(true))
  // Closes the portal of the statement before, too: it would hold a snapshot.
  const ping = () => void client.query('select').catch(lose)
  ping()
  const timer = setInterval(ping, PING_MS)
  timer.unref()
  return {
    check() {
      if (lost !== undefined) throw lockLost(command, lost)
    },
    async release() {
      clearInterval(timer)
      await client.query('rollback').catch(() => {})
      await client.end().catch(() => {})
    },
  }
}

const busy = (command: string, holder: Holder | undefined): ArxError =>
  new ArxError({
    code: 'lock-busy',
    message: `${whose(command, holder)} is at work on this database`,
    detail: holder ? `held by ${told(holder)}` : 'it has just ended, or cannot be seen',
    hint: 'wait for it to end; it goes on where it stopped when it is run again',
    exit: EXIT.refused,
  })

/** By the name that its connection gives itself: several commands may share a lock. */
function whose(command: string, holder: Holder | undefined): string {
  const other = /^arxdb\/(.+)$/.exec(holder?.application_name ?? '')?.[1]
  if (other === command) return `another arxdb ${command}`
  return other === undefined ? 'another arxdb' : `arxdb ${other}`
}

const told = ({ pid, application_name, usename, client, since }: Holder): string =>
  [
    `pid ${pid}`,
    ...(application_name ? [application_name] : []),
    ...(usename ? [`as ${usename}`] : []),
    ...(client ? [`from ${client}`] : []),
    ...(since ? [`since ${since}`] : []),
  ].join(', ')

const lockLost = (command: string, cause: unknown): ArxError =>
  new ArxError({
    code: 'lock-lost',
    message: `the connection that holds the lock of arxdb ${command} was lost`,
    detail: 'without it another one may start, so nothing more is done; what was done is committed',
    hint: 'the same command goes on from there',
    cause,
  })
