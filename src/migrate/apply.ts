// Brings one file into the database: in one transaction, or statement by statement with its progress kept.

import { openClient } from '../db/connect.ts'
import { ArxError } from '../errors.ts'
import { ask } from './ask.ts'
import { checksum } from './checksum.ts'
import type { Entry } from './compare.ts'
import { migrationFailure } from './failure.ts'
import { label, type MigrationFile } from './files.ts'
import { prepareIndex } from './indexes.ts'
import { type RecordedTier, record, recordTier } from './ledger.ts'
import { indexBuild, shape } from './shape.ts'
import type { Statement } from './split.ts'
import { endedBy, execute, type Run, retrying, transaction, type Worker, withWorker } from './worker.ts'

/** Runs one statement of a transaction; its error says where in the file and that the file is rolled back. */
export async function runStatement(run: Run, client: Worker['client'], file: MigrationFile, statement: Statement) {
  try {
    await client.query(statement.text)
  } catch (error) {
    const fate = `${label(file)} is rolled back`
    throw endedBy(run, fate) ?? migrationFailure(error, { file, statement, fate, journal: run.journal })
  }
}

/** Deferred constraints speak at the commit, where no statement can be blamed. */
const atCommit = (error: unknown, file: MigrationFile, fate: string): unknown =>
  error instanceof ArxError && error.code === 'database'
    ? new ArxError({
        ...error,
        message: `${file.file}: ${error.message}`,
        detail: `${error.detail}; ${fate}`,
        cause: error.cause,
      })
    : error

const applied = (run: Run, file: MigrationFile, start: number): void => {
  run.journal.committed.push(label(file))
  run.emit({ kind: 'applied', migration: label(file), ms: performance.now() - start })
}

async function inOneTransaction(run: Run, file: MigrationFile, tier: RecordedTier, { client }: Worker): Promise<void> {
  const start = performance.now()
  const body = async () => {
    await recordTier(client, tier)
    for (const statement of file.up) await runStatement(run, client, file, statement)
    await record(client, file, {
      state: 'applied',
      statements_done: file.up.length,
      checksum: file.checksum,
      duration_ms: Math.round(performance.now() - start),
      note: null,
    })
  }
  const lockTimeoutMs = file.directives.lockTimeoutMs ?? run.lockTimeoutMs
  const fate = `${label(file)} is rolled back`
  await retrying(run, label(file), client, () => transaction(run, client, lockTimeoutMs, body)).catch((error) => {
    throw endedBy(run, fate) ?? atCommit(error, file, fate)
  })
  applied(run, file, start)
}

const started = (n: number): string => `statement ${n} started`

/**
 * The ledger's word on a file that goes statement by statement; `note` tells a kill from a failure. Ctrl-C does not stop
 * it: what is done has to be known.
 */
const keepProgress = (
  run: Run,
  { client }: Worker,
  file: MigrationFile,
  tier: RecordedTier,
  done: number,
  ms: number,
) =>
  transaction({ ...run, signal: run.lock.lost }, client, run.lockTimeoutMs, async () => {
    const complete = done === file.up.length
    await recordTier(client, tier)
    await record(client, file, {
      state: complete ? 'applied' : 'partial',
      statements_done: done,
      checksum: checksum(file.up.slice(0, done)),
      duration_ms: Math.round(ms),
      note: complete ? null : started(done + 1),
    })
  })

/**
 * The lock_timeout of a statement outside a transaction is a session setting, which a pooler would hand on to others.
 * Concurrent builds get one only on request: they wait for old transactions as well, and a timeout leaves a wreck.
 */
async function limitLockWait(run: Run, worker: Worker, file: MigrationFile, statement: Statement): Promise<void> {
  if (!worker.direct) return
  const patient = /^\w+ .*\bconcurrently\b/.test(shape(statement)) || indexBuild(shape(statement))?.perChunk
  const wish = file.directives.lockTimeoutMs ?? (patient ? 0 : run.lockTimeoutMs)
  await worker.client.query(
    "select set_config('lock_timeout', $1, false), set_config('statement_timeout', '0', false)",
    [String(wish)],
  )
}

/** TimescaleDB refuses its update once anything else has run in the session and loaded the old library. */
const NEEDS_FRESH_SESSION = /^alter extension timescaledb update\b/

async function inFreshSession(run: Run, statement: Statement): Promise<void> {
  const client = await openClient(run.connection)
  await execute(run, client, statement.text).finally(() => client.end().catch(() => {}))
}

async function runAlone(run: Run, worker: Worker, file: MigrationFile, index: number, killed: boolean): Promise<void> {
  const statement = file.up[index]!
  const fate = `statement ${index + 1} of ${file.up.length} of ${label(file)} did not complete, those before it are committed`
  try {
    await retrying(run, label(file), worker.client, async () => {
      if ((await prepareIndex(run, worker.client, statement, killed)) === 'already built') return
      if (NEEDS_FRESH_SESSION.test(shape(statement))) return inFreshSession(run, statement)
      await limitLockWait(run, worker, file, statement)
      await execute(run, worker.client, statement.text)
    })
  } catch (error) {
    const failure = endedBy(run, fate) ?? migrationFailure(error, { file, statement, fate, journal: run.journal })
    await noteFailure(run, file, `statement ${index + 1} failed: ${failure.message}`)
    throw failure
  }
}

/** On another connection: the one that failed may be the reason. The note is a courtesy, so its loss is none. */
const noteFailure = async (run: Run, { source, version }: MigrationFile, note: string): Promise<void> => {
  await withWorker(run.connection, async ({ client }) => {
    await ask(client, 'migrate/annotate', { source, version, note })
  }).catch(() => {})
}

async function statementByStatement(run: Run, entry: Entry, file: MigrationFile, tier: RecordedTier, worker: Worker) {
  const start = performance.now()
  const from = entry.row?.statements_done ?? 0
  let last = start
  const lap = () => {
    const ms = performance.now() - last
    last = performance.now()
    return ms
  }
  if (!entry.row) await keepProgress(run, worker, file, tier, 0, 0)
  for (let index = from; index < file.up.length; index++) {
    await runAlone(run, worker, file, index, index === from && entry.row?.note === started(index + 1))
    await keepProgress(run, worker, file, tier, index + 1, lap())
    // One entry, however many statements the file has.
    if (index > from) run.journal.committed.pop()
    run.journal.committed.push(`${label(file)} statement${index > from ? `s ${from + 1} to` : ''} ${index + 1}`)
    run.emit({ kind: 'statement', migration: label(file), done: index + 1, of: file.up.length })
  }
  // All done before, only the last word was missing.
  if (from >= file.up.length) await keepProgress(run, worker, file, tier, file.up.length, lap())
  applied(run, file, start)
}

/** Applies one pending or partial migration. Returns after its commit; throws with what stands and what does not. */
export async function apply(run: Run, entry: Entry, tier: RecordedTier): Promise<void> {
  const file = entry.file!
  const from = entry.row?.statements_done ?? 0
  run.emit({ kind: 'applying', migration: label(file), statements: file.up.length, from })
  await run.lock.show(label(file))
  await withWorker(run.connection, (worker) =>
    // A file that began statement by statement goes on so, even when its fix took the directive out.
    file.directives.transaction && from === 0
      ? inOneTransaction(run, file, tier, worker)
      : statementByStatement(run, entry, file, tier, worker),
  )
}
