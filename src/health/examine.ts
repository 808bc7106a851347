// Asks the checks, one after the other, on one connection: each in a short read-only transaction of its own, so that what
// one of them waits for or may not see leaves the others alone. Health never hurts what it looks at.
import { join } from 'node:path'
import type { Connection } from '../connect/connection.ts'
import { openClient } from '../db/connect.ts'
import { inTransaction, type SessionLimits } from '../db/session.ts'
import { sqlState, translate } from '../db/sqlstate.ts'
import { ArxError, EXIT } from '../errors.ts'
import type { Target } from '../statements/load.ts'
import { type Client, type Run, runner } from '../storage/session.ts'
import {
  type BackupsSeen,
  type Check,
  NotJudged,
  type Remembered,
  type Repository,
  type Server,
  type Vantage,
} from './check.ts'
import { holdsCluster } from './disks.ts'
import { judged } from './judge.ts'
import { dated, keep, recall } from './memory.ts'
import type { Finding, Report, State } from './model.ts'
import { lacking } from './needs.ts'
import { clipped, oneLine } from './one-line.ts'
import type { Thresholds } from './thresholds.ts'

/** What a check may take of the server's time, and how long it may wait for a lock. */
const STATEMENT_MS = 5_000
const LOCK_MS = 500

/** Servers and stores say in their words why something is not to be seen. */
const LONGEST_REASON = 500

export interface Examination {
  readonly checks: readonly Check[]
  readonly thresholds: Thresholds
  /** For each statement; no more than STATEMENT_MS is used of it. */
  readonly timeoutMs: number
  readonly command: string
  readonly signal: AbortSignal
  readonly backups: Vantage['backups']
  /** Where to remember; undefined for not at all. The system id and the database name the file in it. */
  readonly state: string | undefined
  now(): Date
}

/** Never throws for what it finds: a server that is down is a finding. Throws for Ctrl-C alone. */
export async function examine(connection: Connection, task: Examination): Promise<Report> {
  const at = task.now().toISOString()
  const began = performance.now()
  let client: Client
  try {
    client = await openClient(connection)
  } catch (error) {
    return { at, findings: down(translate(error, connection), task.checks) }
  }
  try {
    const findings = await asked(connection, client, task, performance.now() - began)
    return { at, findings }
  } finally {
    await client.end().catch(() => {})
  }
}

async function asked(
  connection: Connection,
  client: Client,
  task: Examination,
  connectMs: number,
): Promise<readonly Finding[]> {
  const limits: SessionLimits = {
    statementTimeoutMs: task.timeoutMs > 0 ? Math.min(task.timeoutMs, STATEMENT_MS) : STATEMENT_MS,
    ...{ lockTimeoutMs: LOCK_MS, command: task.command },
  }
  const within = <T>(target: Target, body: (run: Run) => Promise<T>): Promise<T> =>
    inTransaction({ client, limits, connection, signal: task.signal }, (inside) =>
      body(runner(inside as Client, target)),
    )
  let server: Server
  try {
    server = await within(
      { engine: 'postgres', server: 150_000 },
      async (run) => (await run<Server>('health/server'))[0]!,
    )
  } catch (error) {
    if (task.signal.aborted) throw error
    return down(translate(error, connection), task.checks)
  }
  const target: Target = { engine: server.timescaledb === null ? 'postgres' : 'timescaledb', server: server.version }
  const file =
    task.state === undefined
      ? undefined
      : join(task.state, `${server.system_id}-${encodeURIComponent(server.database)}.json`)
  const memory = file === undefined ? { counters: {}, since: {} } : recall(file)
  const counters: Record<string, Remembered> = { ...memory.counters }
  const shared = { server, backups: once(task.backups), sameHost: isHere(connection, server) }
  const kept: Kept = new Map()
  const findings: Finding[] = [connected(connectMs, server)]
  let gone: ArxError | undefined
  for (const check of task.checks) {
    if (!task.thresholds.enabled(check)) continue
    task.signal.throwIfAborted()
    if (gone) {
      findings.push(notJudged(check, 'SKIPPED', 'the connection was lost before this check', undefined))
      continue
    }
    const vantage = {
      ...{ ...shared, now: task.now(), before: memory.counters[check.name] },
      remember(values: Remembered['values']) {
        counters[check.name] = { at: task.now().toISOString(), values }
      },
      threshold: (object: string | null) => task.thresholds.of(check, object),
    }
    try {
      const missing = lacking(check, { server, backups: task.backups !== undefined })
      if (missing) throw missing
      // Read before the transaction is open: a slow store must not let it idle.
      if (check.needs?.includes('repository')) await readable(shared.backups!(server.system_id))
      const measures = await within(target, (run) => check.measure({ ...vantage, run, once: keeping(run, kept) }))
      findings.push(...judged(check, measures, vantage.threshold))
    } catch (error) {
      if (task.signal.aborted) throw error
      const translated = refusal(error) ?? translate(error, connection)
      if (translated instanceof ArxError && translated.exit === EXIT.connection) {
        gone = translated
        findings.splice(0, 1, unreachable(translated))
      }
      findings.push(unseen(check, error, translated, server))
    }
  }
  const { findings: told, since } = dated(findings, memory.since, task.now().toISOString())
  if (file !== undefined) {
    // What was not asked this time is remembered as it was.
    const asked = new Set(task.checks.map(({ name }) => name))
    const others = Object.entries(memory.since).filter(([key]) => !asked.has(key.split('/')[0]!))
    keep(file, { counters, since: { ...Object.fromEntries(others), ...since } })
  }
  return told
}

const CONNECTION = {
  ...({ check: 'connection', object: null, unit: 's', warn: null, crit: null, since: null } as const),
  why: 'nothing else can be seen, and nobody else gets in either',
} as const

const connected = (ms: number, { database }: Server): Finding => ({
  ...CONNECTION,
  ...{ state: 'OK', value: ms / 1000, text: `connected to ${database} in ${ms.toFixed(0)} ms`, try: null },
})

const unreachable = ({ message, detail, hint }: ArxError): Finding => ({
  ...CONNECTION,
  ...{ state: 'CRITICAL', value: null, text: clipped([message, detail].filter(Boolean).join(': '), LONGEST_REASON) },
  try: hint ?? 'arxdb config show --origin',
})

/** Down, or full, or locked out: one critical finding, and all others skipped for it. */
const down = (error: ArxError, checks: readonly Check[]): readonly Finding[] => [
  error.exit === EXIT.connection ? unreachable(error) : { ...unreachable(error), state: 'UNKNOWN' },
  ...checks.map((check) => notJudged(check, 'SKIPPED', 'no connection', undefined)),
]

const notJudged = (check: Check, state: State, text: string, hint: string | undefined): Finding => ({
  ...{ check: check.name, object: null, state, value: null, unit: check.unit, warn: null, crit: null, since: null },
  ...{ text: clipped(text, LONGEST_REASON), why: check.why, try: hint === undefined ? null : oneLine(hint) },
})

/** Why a check saw nothing: it waited, it may not, or something it asks for is not there. Never fine. */
function unseen(check: Check, error: unknown, translated: ArxError | NotJudged, { role_name }: Server): Finding {
  if (translated instanceof NotJudged) return notJudged(check, translated.state, translated.message, translated.hint)
  switch (sqlState(error)) {
    case '55P03':
      return notJudged(check, 'UNKNOWN', 'waited in vain for a lock', 'arxdb locks')
    case '57014':
      return notJudged(
        check,
        'UNKNOWN',
        'was not done in time and was cancelled',
        `arxdb health ${check.name} --timeout 5s`,
      )
    case '42501':
      return notJudged(
        check,
        'UNKNOWN',
        translated.message,
        `grant what it needs to ${role_name}: arxdb migrate grants`,
      )
    default:
      return notJudged(
        check,
        'UNKNOWN',
        [translated.message, translated.detail].filter(Boolean).join(': '),
        translated.hint,
      )
  }
}

/** A check's own refusal to judge; one that was thrown within a transaction comes out wrapped. */
function refusal(error: unknown): NotJudged | undefined {
  const cause = error instanceof ArxError ? error.cause : error
  return cause instanceof NotJudged ? cause : undefined
}

/** A repository that cannot be read says nothing of the server, though it may be out of reach in the same words. */
const readable = (asked: Promise<BackupsSeen>): Promise<unknown> =>
  asked.catch((error: unknown) => {
    const { message, detail, hint } = translate(error)
    throw new NotJudged('UNKNOWN', `the repository: ${[message, detail].filter(Boolean).join(': ')}`, hint)
  })

/** A local address, and the cluster's data directory on this machine. */
const isHere = ({ host }: Connection, { data_directory, system_id }: Server): boolean =>
  (host.startsWith('/') || host === 'localhost' || host === '::1' || host.startsWith('127.')) &&
  data_directory !== null &&
  holdsCluster(data_directory, system_id)

type Kept = Map<string, Promise<readonly unknown[]>>

/** Asks a statement of the examination's only where none of its checks has; what timed out is not waited for again. */
const keeping =
  (run: Run, kept: Kept): Run =>
  <Row>(name: string, params = {}) => {
    const key = `${name} ${JSON.stringify(params)}`
    const made = kept.get(key) ?? run<Row>(name, params)
    kept.set(key, made)
    return made as Promise<readonly Row[]>
  }

/** Several checks look at the repository; it is read once. */
function once(ask: Repository | undefined): Repository | undefined {
  let made: Promise<BackupsSeen> | undefined
  return ask && ((systemId) => (made ??= ask(systemId)))
}
