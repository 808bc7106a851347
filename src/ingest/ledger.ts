// The ledger: which content is in under which mapping, what is being loaded, and by whom.
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { ArxError, EXIT } from '../errors.ts'
import { packageVersion } from '../statements/package-root.ts'
import { type Run, reading, runner, type StorageSession, writing } from '../storage/session.ts'
import type { Plan } from './plan.ts'
import type { Source } from './source.ts'

export interface Candidate {
  readonly import_id: number
  readonly state: 'loading' | 'done'
  readonly target: 'prices' | 'candles' | 'analytics'
  readonly file_name: string | null
  readonly content_sha256: Buffer | null
  readonly content_bytes: number | null
  readonly rows_read: number
  readonly inserted: number
  readonly first_at: string | null
  readonly last_at: string | null
}

/** Locks live in an idle transaction of a connection of their own: that survives a pooler, and ends with the process. */
export interface Locks {
  tryLock(name: string): Promise<boolean>
  reserveImport(): Promise<number>
  release(): Promise<void>
}

const WAIT_MS = 30_000
const POLL_MS = 200

export async function openLocks(session: StorageSession): Promise<Locks> {
  const run: Run = runner(session.client, session.target)
  await session.client.query(
    "begin; set local idle_in_transaction_session_timeout = 0; set local application_name = 'arxdb/ingest locks'",
  )
  return {
    tryLock: async (name) => (await run<{ locked: boolean }>('ingest/try-lock', { name }))[0]!.locked,
    reserveImport: async () => (await run<{ import_id: number }>('ingest/reserve-import'))[0]!.import_id,
    release: async () => void (await session.client.query('commit').catch(() => {})),
  }
}

/** Waits until no other arxdb loads the same file under the same mapping; what it loaded is then in the ledger. */
export async function lockContent(locks: Locks, plan: Plan, source: Source, signal: AbortSignal): Promise<void> {
  const name = createHash('sha256').update(plan.mappingHash).update(source.fingerprint).digest('hex')
  for (let waited = 0; !(await locks.tryLock(`arxdb.content.${name}`)); waited += POLL_MS) {
    if (waited >= WAIT_MS)
      throw new ArxError({
        code: 'busy',
        message: `another arxdb is loading ${source.name}`,
        hint: 'wait for it: arxdb imports list',
        exit: EXIT.refused,
      })
    await sleep(POLL_MS, undefined, { signal })
  }
}

export const candidates = (session: StorageSession, plan: Plan): Promise<readonly Candidate[]> =>
  reading(session, (run) => run<Candidate>('ingest/candidates', { mapping_sha256: plan.mappingHash }))

export interface Opening {
  readonly importId: number
  readonly plan: Plan
  readonly file: string
}

export async function openImport(session: StorageSession, { importId, plan, file }: Opening): Promise<void> {
  const columns = Object.fromEntries(plan.columns.map((column) => [column.name, column.from]))
  await writing(session, (run) =>
    run('ingest/begin-import', {
      import_id: importId,
      target: plan.target.relation,
      source: plan.source,
      attribution: plan.attribution,
      file_name: file,
      mapping_sha256: plan.mappingHash,
      mapping: JSON.stringify({ format: plan.format, columns, market: plan.identity.fixed }),
      arxdb_version: packageVersion(),
    }),
  )
}

/** Its locks were lost with their connection, and another run took its rows out. */
export const takenOver = (importId: number): ArxError =>
  new ArxError({
    code: 'taken-over',
    message: `import ${importId} lost its connection and was taken out by another run`,
    hint: 'load the file again',
  })

export const finishImport = (session: StorageSession, importId: number, hash: Buffer | null, bytes: number | null) =>
  writing(session, async (run) => {
    const closed = await run('ingest/finish-import', {
      import_id: importId,
      content_sha256: hash,
      content_bytes: bytes,
    })
    if (closed.length === 0) throw takenOver(importId)
  })

/** Says that all rows are in, before the import is closed. */
export const completeImport = (session: StorageSession, importId: number) =>
  writing(session, async (run) => {
    if ((await run('ingest/complete-import', { import_id: importId })).length === 0) throw takenOver(importId)
  })

/**
 * Deletes the rows an import brought and closes it as failed; returns how many there were. The row is locked first: a
 * killed load's last commit may still be on its way, and is then seen by the delete. One that had all its rows in is
 * closed as done instead, without its hash: others count on its rows, and the same file adds what may be missing.
 */
export const undoImport = (session: StorageSession, importId: number): Promise<number> =>
  writing(session, async (run) => {
    const [found] = await run<
      Pick<Candidate, 'state' | 'target' | 'first_at' | 'last_at'> & { readonly complete: boolean }
    >('ingest/lock-import', { import_id: importId })
    if (found?.state !== 'loading') return 0
    if (found.complete) {
      await run('ingest/finish-import', { import_id: importId, content_sha256: null, content_bytes: null })
      return 0
    }
    const span = { import_id: importId, since: found.first_at, until: found.last_at }
    const gone = found.first_at === null ? [] : await run<{ deleted: number }>(`ingest/undo-${found.target}`, span)
    await run('ingest/fail-import', { import_id: importId })
    return gone[0]?.deleted ?? 0
  })
