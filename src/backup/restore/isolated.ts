// A server that nobody but this arxdb can reach, and that reaches nobody: no TCP, a socket in a private folder, no
// archiving, no jobs, no subscriptions, no libraries of production but TimescaleDB's.
import { spawn } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection } from '../../connect/connection.ts'
import { openClient } from '../../db/connect.ts'
import { interrupted } from '../../db/session.ts'
import { sqlState } from '../../db/sqlstate.ts'
import { ArxError, EXIT } from '../../errors.ts'
import { type Account, caller, canReach, identity, unprivilegedAccount } from '../../programs/account.ts'
import { type Env, run, serverEnv } from '../../programs/run.ts'
import { step } from '../../steps.ts'
import type { Programs } from '../programs.ts'
import { type ControlFile, readControl } from './control.ts'
import { endPostmaster, postmasterOf, privateFolder, sweepLeftovers } from './leftovers.ts'
import { timescaledbHere } from './libraries.ts'

export interface IsolatedServer {
  readonly dataDir: string
  /** As the superuser, who needs no password in there. */
  connection(database: string): Connection
  log(): string
  /** Whether its process still runs. */
  running(): boolean
  /** Fast, then immediate; and what was made for it goes, but a data directory that is to be kept. May be called twice. */
  stop(keep?: 'keep'): Promise<void>
}

export interface Isolation {
  readonly programs: Programs
  readonly env: Env
  /** Added to the guards; they win over what the data directory says. */
  readonly settings?: Readonly<Record<string, string>> | undefined
  readonly signal: AbortSignal
  /** The data directory goes with the server, and need not survive a crash. */
  readonly disposable?: boolean | undefined
  /** Role to connect as (default: postgres). */
  readonly user?: string | undefined
  /** How long until it answers; 60 s by default. Recovery to a consistent state may take hours. */
  readonly deadlineMs?: number | undefined
  /** Called while it does not answer yet; what it throws ends the start. */
  readonly waiting?: (() => void) | undefined
}

/** Whom a server runs as: ourselves, or somebody else than root. */
export const serverAccount = (): Account | undefined => (caller().uid === 0 ? unprivilegedAccount() : undefined)

/** What keeps a copy of production from acting as production. A restored directory keeps them until it is opened. */
export const GUARDS: Readonly<Record<string, string>> = {
  archive_mode: 'off',
  // A retention policy that is due would delete what was just brought back, within seconds of the promotion.
  'timescaledb.max_background_workers': '0',
  // Subscriptions of the original would go on here, and take what its own slots hold for it.
  max_logical_replication_workers: '0',
  // Jobs of pg_cron; without it nobody knows the setting.
  'cron.launch_active_jobs': 'off',
  // With archiving off a checkpoint recycles the segment in which the new timeline began; who then takes the original's
  // place would archive with a gap at the very fork.
  wal_keep_size: '1TB',
}

/** Those that stay when a restored directory is opened and does not take the place of the original. */
export const COPY_GUARDS: readonly string[] = ['archive_mode', 'max_logical_replication_workers']

const KEPT_SEGMENTS = 16

const isolation = (
  folder: string,
  { least, segmentBytes }: ControlFile,
  disposable: boolean,
): Record<string, string> => ({
  config_file: join(folder, 'postgresql.conf'),
  hba_file: join(folder, 'pg_hba.conf'),
  ident_file: join(folder, 'pg_ident.conf'),
  external_pid_file: '',
  listen_addresses: '',
  unix_socket_directories: folder,
  unix_socket_permissions: '0700',
  port: '5432',
  ssl: 'off',
  ...GUARDS,
  archive_command: '',
  primary_conninfo: '',
  primary_slot_name: '',
  synchronous_standby_names: '',
  hot_standby: 'on',
  logging_collector: 'off',
  log_destination: 'stderr',
  log_min_messages: 'warning',
  log_line_prefix: '%m [%p] ',
  log_timezone: 'UTC',
  timezone: 'UTC',
  huge_pages: 'off',
  // In the data directory: /dev/shm is small in containers, and may be closed in a root of its own.
  dynamic_shared_memory_type: 'mmap',
  shared_buffers: '128MB',
  'timescaledb.telemetry_level': 'off',
  session_preload_libraries: '',
  local_preload_libraries: '',
  // Not lower than the original's, or recovery stops; and a query over a hypertable locks each of its chunks.
  max_connections: String(Math.max(least.max_connections!, 40)),
  max_worker_processes: String(Math.max(least.max_worker_processes!, 16)),
  max_wal_senders: String(Math.max(least.max_wal_senders!, 10)),
  max_prepared_transactions: String(least.max_prepared_transactions!),
  max_locks_per_transaction: String(Math.max(least.max_locks_per_transaction!, 1024)),
  // A server needs room for two segments at least, and initdb --wal-segsize makes them of 1 GB too.
  min_wal_size: `${Math.max(80, 2 * (segmentBytes >> 20))}MB`,
  max_wal_size: `${Math.max(1024, 8 * (segmentBytes >> 20))}MB`,
  // Not all that is replayed is kept, but what a restored directory writes while arxdb looks at it.
  wal_keep_size: `${disposable ? 0 : KEPT_SEGMENTS * (segmentBytes >> 20)}MB`,
  ...(disposable ? { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off', autovacuum: 'off' } : {}),
})

/**
 * Starts a server on `dataDir` and returns when it answers; in recovery that is when it is consistent. Throws, with
 * nothing left running, what its log complains of.
 */
export async function startIsolated(isolated: Isolation & { readonly dataDir: string }): Promise<IsolatedServer> {
  const { dataDir, programs, env, signal, disposable = false, user = 'postgres' } = isolated
  await sweepLeftovers()
  const account = serverAccount()
  if (account && !canReach(account, dataDir)) throw unreachable(dataDir, account)
  const running = postmasterOf(dataDir)
  if (running !== undefined) throw occupied(dataDir, running)
  const control = await readControl(dataDir, { programs, env, account })
  const folder = privateFolder(account, dataDir, disposable)
  const logFile = join(folder, 'log')
  writeFileSync(join(folder, 'postgresql.conf'), '')
  writeFileSync(join(folder, 'pg_ident.conf'), '')
  writeFileSync(join(folder, 'pg_hba.conf'), 'local all all trust\n')
  for (const name of ['postgresql.conf', 'pg_ident.conf', 'pg_hba.conf']) chmodSync(join(folder, name), 0o644)
  const settings = {
    ...isolation(folder, control, disposable),
    shared_preload_libraries: (await timescaledbHere(programs, env)) ? 'timescaledb' : '',
    ...isolated.settings,
  }
  step('starting a server')
  const log = openSync(logFile, 'a')
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const child = spawn(programs.need('postgres'), ['-D', dataDir, ...args], {
    // A terminal's Ctrl-C is ours to pass on.
    detached: true,
    stdio: ['ignore', log, log],
    cwd: '/',
    env: serverEnv(env),
    ...identity(account),
  })
  closeSync(log)
  let ended: string | undefined
  child.on('exit', (code, by) => {
    ended = by ? `it was ended by ${by}` : `it ended with ${code}`
  })
  child.on('error', (error) => {
    ended = error.message
  })
  child.unref()
  const readLog = (): string => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : '')
  let last = ''
  let stopped: Promise<void> | undefined
  const end = async (keep: 'keep' | undefined): Promise<void> => {
    if (child.pid !== undefined && ended === undefined)
      await endPostmaster(child.pid, disposable && !keep ? 'immediate' : 'fast')
    step('server ended')
    last = readLog()
    rmSync(folder, { recursive: true, force: true })
    rmSync(join(dataDir, 'postmaster.opts'), { force: true })
    if (disposable && !keep) rmSync(dataDir, { recursive: true, force: true, maxRetries: 3 })
  }
  const server: IsolatedServer = {
    dataDir,
    connection: (database) => ({
      ...{ host: folder, port: 5432, user, database },
      ...{ tls: false, connectTimeoutMs: 10_000, origin: 'an isolated server' },
    }),
    log: () => last || readLog(),
    running: () => ended === undefined,
    stop(keep) {
      stopped ??= end(keep)
      return stopped
    },
  }
  try {
    await answering(server, isolated, () => ended)
    step('server answers')
    return server
  } catch (error) {
    await server.stop()
    throw signal.aborted ? interrupted(error) : error
  }
}

/**
 * Makes an empty cluster below `parent` (default: /tmp) and starts it isolated; it goes when the server stops. Its
 * superuser is postgres. TimescaleDB is loaded where it is installed.
 */
export async function makeIsolated({ parent = '/tmp', ...how }: Isolation & { readonly parent?: string | undefined }) {
  const account = serverAccount()
  if (account && !canReach(account, parent)) throw unreachable(parent, account)
  const dataDir = mkdtempSync(join(parent, 'arxdb-empty-'))
  try {
    if (account) chownSync(dataDir, account.uid, account.gid)
    const initdb = join(dirname(how.programs.need('postgres')), 'initdb')
    const args = ['-D', dataDir, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '-N']
    step('making a cluster')
    const made = await run(initdb, args, { env: how.env, account, signal: how.signal })
    if (!made.ok) throw new ArxError({ code: 'isolated-start', message: 'initdb failed', detail: made.complaint })
    return await startIsolated({ ...how, dataDir, disposable: true, user: 'postgres' })
  } catch (error) {
    rmSync(dataDir, { recursive: true, force: true })
    throw error
  }
}

/** Waits by asking, to a deadline: what pg_ctl would say is no proof. */
async function answering(server: IsolatedServer, how: Isolation, ended: () => string | undefined): Promise<void> {
  const { signal, deadlineMs = 60_000, waiting } = how
  for (const until = Date.now() + deadlineMs; ; await sleep(25)) {
    signal.throwIfAborted()
    const why = ended()
    if (why !== undefined) throw failedStart(server, why)
    // A cluster need not have a database "postgres".
    for (const database of ['postgres', 'template1']) {
      try {
        const client = await openClient({ ...server.connection(database), connectTimeoutMs: 2_000 })
        await client.end()
        return
      } catch (error) {
        const state = sqlState(error)
        if (state === '28000') throw error
        if (state !== '3D000') break
      }
    }
    waiting?.()
    if (Date.now() > until) throw failedStart(server, `it does not answer after ${Math.round(deadlineMs / 1000)} s`)
  }
}

/** The lines of a server's log that say what went wrong. */
export function complaints(log: string, most = 4): string {
  const lines = log.split('\n').map((line) => line.replace(/^\S+ \S+ \S+ \[\d+\] /, ''))
  const bad = lines.filter((line) => /^(FATAL|PANIC|ERROR|WARNING|HINT|DETAIL)/.test(line))
  return (bad.length > 0 ? bad : lines.filter((line) => line.trim() !== '')).slice(-most).join('; ')
}

const failedStart = (server: IsolatedServer, why: string): ArxError =>
  new ArxError({
    code: 'isolated-start',
    message: `the isolated server on ${server.dataDir} does not run: ${why}`,
    detail: complaints(server.log()) || undefined,
  })

const occupied = (dataDir: string, pid: number): ArxError =>
  new ArxError({
    code: 'server-running',
    message: `a server runs on ${dataDir}`,
    detail: `its process is ${pid}`,
    hint: 'give another directory',
    exit: EXIT.refused,
  })

const unreachable = (dataDir: string, { name }: Account): ArxError =>
  new ArxError({
    code: 'folder-closed',
    message: `the account "${name}" cannot reach ${dataDir}`,
    detail: 'PostgreSQL does not run as root, so its server runs as that account',
    hint: 'give a directory below /var/tmp or another place that it may enter',
  })
