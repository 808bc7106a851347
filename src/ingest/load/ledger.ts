// The ledger: which content is in under which mapping, what is being loaded, and by whom.
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { isReadOnly, readOnlyError } from '../../db/read-only.ts'
import { ArxError, EXIT } from '../../errors.ts'
import { packageVersion } from '../../statements/package-root.ts'
import { throughRaces } from '../../storage/retry.ts'
import { type Run, reading, runner, type StorageSession, writing } from '../../storage/session.ts'
import type { Plan } from '../plan/plan.ts'
import type { Source } from '../sources/source.ts'
import type { Counts } from './counts.ts'

export interface Candidate {
  readonly import_id: number
  readonly state: 'loading' | 'done'
  readonly target: 'prices' | 'candles' | 'analytics'
  readonly file_name: string | null
  readonly same_mapping: boolean
  readonly content_sha256: Buffer | null
  readonly content_bytes: number | null
  readonly atomic: boolean
  readonly rows_read: number
  readonly rejected: number
  readonly import_key: string | null
  readonly first_at: string | null
  readonly last_at: string | null
}

/** A part of the content that is in. */
export interface Range {
  readonly byte_from: number
  readonly byte_to: number
  readonly line_from: number | null
  readonly line_to: number | null
  readonly prefix_sha256: Buffer | null
}

/** Locks live in an idle transaction of a connection of their own: that survives a pooler, and ends with the process. */
export interface Locks {
  tryLock(name: string): Promise<boolean>
  /** A new import's id, and its lock. */
  reserveImport(): Promise<number>
  /** Takes them all again if their connection broke; throws `taken-over` when somebody else has one of them by now. */
  refresh(): Promise<void>
  release(): Promise<void>
}

const WAIT_MS = 30_000
const POLL_MS = 200
const NOTICE_MS = 10_000

export const importLock = (importId: number): string => `arxdb.import.${importId}`

export async function openLocks(session: StorageSession): Promise<Locks> {
  const held: string[] = []
  const begin = () =>
    session.client.query(
      "begin; set local idle_in_transaction_session_timeout = 0; set local application_name = 'arxdb/ingest locks'",
    )
  const run: Run = (name, params) => runner(session.client, session.target)(name, params)
  const tryLock = async (name: string): Promise<boolean> => {
    const { locked } = (await run<{ locked: boolean }>('storage/try-lock', { name }))[0]!
    if (locked && !held.includes(name)) held.push(name)
    return locked
  }
  /** A server may not have noticed yet that the connection which held them is gone. */
  const lockAgain = async (name: string): Promise<void> => {
    for (let waited = 0; !(await tryLock(name)); waited += POLL_MS) {
      if (waited >= NOTICE_MS) throw takenOver()
      await sleep(POLL_MS)
    }
  }
  const renew = async (): Promise<void> => {
    await session.renew()
    await begin()
    for (const name of [...held]) await lockAgain(name)
  }
  let renewing: Promise<void> | undefined
  // It may have broken since the file before.
  await begin().catch(renew)
  return {
    tryLock,
    async reserveImport() {
      const [row] = await run<{ import_id: number }>('ingest/reserve-import').catch(async (error: unknown) => {
        // The first that a load writes.
        if (!isReadOnly(error)) throw error
        await session.client.query('rollback')
        throw (await readOnlyError(session.client, error)) ?? error
      })
      const id = row!.import_id
      held.push(importLock(id))
      return id
    },
    refresh() {
      // Once for all who ask at the same time: a second connection would find the locks taken, by the first.
      renewing ??= (async () => {
        await session.client.query('select').catch(renew)
      })().finally(() => {
        renewing = undefined
      })
      return renewing
    },
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

export const candidates = (
  session: StorageSession,
  plan: Plan,
  key: string | undefined,
): Promise<readonly Candidate[]> =>
  reading(session, (run) =>
    run<Candidate>('ingest/candidates', { mapping_sha256: plan.mappingHash, import_key: key ?? null }),
  )

export const rangesOf = (session: StorageSession, importId: number): Promise<readonly Range[]> =>
  reading(session, (run) => run<Range>('ingest/batches', { import_id: importId }))

export interface Opening {
  readonly importId: number
  readonly plan: Plan
  readonly file: string
  readonly atomic: boolean
  readonly key: string | undefined
}

export async function openImport(session: StorageSession, opening: Opening): Promise<void> {
  const { importId, plan, file, atomic, key } = opening
  const [view] = plan.views
  const columns = Object.fromEntries(view!.columns.map((column) => [column.name, column.from]))
  const mapping = { format: plan.format, columns, market: view!.identity.fixed, on_conflict: plan.onConflict }
  await writing(session, (run) =>
    run('ingest/begin-import', {
      import_id: importId,
      target: plan.target.relation,
      source: plan.source,
      attribution: plan.attribution,
      file_name: file,
      mapping_sha256: plan.mappingHash,
      mapping: JSON.stringify(mapping),
      atomic,
      import_key: key,
      arxdb_version: packageVersion(),
    }),
  )
}

/** Its locks were lost with their connection, and another run works on it now. */
export const takenOver = (importId?: number): ArxError =>
  new ArxError({
    code: 'taken-over',
    message: `${importId === undefined ? 'the import' : `import ${importId}`} lost its connection and was taken over by another run`,
    hint: 'arxdb imports list',
  })

/** Makes this run the one that works on a dead load's import; its batches until now stay. */
export const claimImport = (session: StorageSession, importId: number): Promise<number> =>
  writing(session, async (run) => {
    const [claimed] = await run<{ claim: number }>('ingest/claim-import', { import_id: importId })
    if (!claimed) throw takenOver(importId)
    return claimed.claim
  })

export interface Totals extends Counts {
  readonly first_at: string | null
  readonly last_at: string | null
}

export const totalsOf = async (session: StorageSession, importId: number): Promise<Totals> =>
  (await reading(session, (run) => run<Totals>('ingest/import-totals', { import_id: importId })))[0]!

export interface Ending {
  readonly importId: number
  readonly claim: number
  readonly hash: Buffer | null
  readonly bytes: number | null
}

/** Closes an import; what it came to, and whether rows that it had left out went meanwhile. */
export const finishImport = (session: StorageSession, { importId, claim, hash, bytes }: Ending) =>
  writing(session, async (run) => {
    const [closed] = await run<Totals & { readonly incomplete: boolean }>('ingest/finish-import', {
      ...{ import_id: importId, claim, content_sha256: hash, content_bytes: bytes },
    })
    if (!closed) throw takenOver(importId)
    return closed
  })

/** Says that all rows are in, before the import is closed. */
export const completeImport = (session: StorageSession, importId: number, claim: number) =>
  writing(session, async (run) => {
    if ((await run('ingest/complete-import', { import_id: importId, claim })).length === 0) throw takenOver(importId)
  })

/**
 * Deletes the rows an import brought and closes it as failed; returns how many there were. The row is locked first: a
 * killed load's last commit may still be on its way, and is then seen by the delete. One that had all its rows in is
 * closed as done instead, without its hash: others count on its rows, and the same file adds what may be missing.
 */
export const undoImport = (session: StorageSession, importId: number): Promise<number> =>
  throughRaces(() =>
    writing(session, async (run) => {
      const [found] = await run<
        Pick<Candidate, 'state' | 'target' | 'first_at' | 'last_at'> & { readonly complete: boolean }
      >('ingest/lock-import', { import_id: importId })
      if (found?.state !== 'loading') return 0
      if (found.complete) {
        await run('ingest/finish-complete', { import_id: importId })
        return 0
      }
      return removeRows(run, importId, found, 'failed')
    }),
  )

/** Deletes the rows and closes the import. */
export async function removeRows(
  run: Run,
  importId: number,
  { target, first_at: since, last_at: until }: Pick<Candidate, 'target' | 'first_at' | 'last_at'>,
  state: 'failed' | 'undone',
): Promise<number> {
  await run('storage/unpack-any')
  const gone =
    since === null ? [] : await run<{ deleted: number }>(`ingest/undo-${target}`, { import_id: importId, since, until })
  await run('ingest/fail-import', { import_id: importId, state })
  return gone[0]?.deleted ?? 0
}
