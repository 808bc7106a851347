// Imports as the ledger has them: listed, shown, and taken back.
import type { Connection } from '../connect/connection.ts'
import { ArxError, EXIT } from '../errors.ts'
import { throughRaces } from '../storage/retry.ts'
import { refreshAfter } from '../storage/rollups.ts'
import { type Run, reading, type StorageSession, writing } from '../storage/session.ts'
import type { Counts } from './load/counts.ts'
import { type Candidate, importLock, openLocks, removeRows } from './load/ledger.ts'
import { openStorage } from './load/workshop.ts'

export interface ImportRow extends Omit<Counts, 'merged'> {
  readonly import_id: number
  readonly state: string
  readonly target: string
  readonly file_name: string | null
  readonly source: string
  readonly incomplete: boolean
  readonly first_at: string | null
  readonly last_at: string | null
  readonly started_at: string
}

async function within<T>(connection: Connection, body: (session: StorageSession) => Promise<T>): Promise<T> {
  const session = await openStorage(connection)
  try {
    return await body(session)
  } finally {
    await session.close()
  }
}

/** Imports, newest first. */
export const listImports = (connection: Connection, limit: number | undefined, signal: AbortSignal) =>
  within(connection, (session) =>
    reading(session, (run) => run<ImportRow>('ingest/list-imports', { row_limit: limit }), signal),
  )

const unknown = (id: number): ArxError =>
  new ArxError({ code: 'unknown-import', message: `no import ${id}`, hint: 'arxdb imports list' })

/** One import with everything the ledger has; throws when there is none of that id. */
export const showImport = (connection: Connection, id: number, signal: AbortSignal) =>
  within(connection, async (session) => {
    const shown = (run: Run) => run<Record<string, string | number | null>>('ingest/show-import', { import_id: id })
    const [row] = await reading(session, shown, signal)
    if (!row) throw unknown(id)
    return row
  })

export interface Undone {
  readonly import_id: number
  readonly file_name: string | null
  readonly deleted: number
  readonly notes: readonly string[]
}

interface Found extends Pick<Candidate, 'target' | 'file_name' | 'first_at' | 'last_at'> {
  readonly state: string
  readonly inserted: number
  readonly updated: number
}

/**
 * Deletes the rows of an import and closes it as undone; with `dryRun` only counts them. Refuses where that would lose
 * what others brought: rows it replaced, and rows of its own that were replaced since; `force` does it all the same.
 */
export const undoImports = (
  connection: Connection,
  id: number,
  { force = false, dryRun = false }: { readonly force?: boolean | undefined; readonly dryRun?: boolean | undefined },
): Promise<Undone> =>
  within(connection, async (session) => {
    const keeper = await openStorage(connection)
    const locks = await openLocks(keeper)
    try {
      if (!(await locks.tryLock(importLock(id)))) throw running(id)
      const undone = await throughRaces(() =>
        writing(session, async (run) => {
          const [found] = await run<Found>('ingest/lock-import', { import_id: id })
          if (!found) throw unknown(id)
          if (!['loading', 'done'].includes(found.state)) throw nothing(id, found.state)
          return undo(run, id, found, { force, dryRun })
        }),
      )
      const behind = dryRun ? undefined : await refreshAfter(session)
      return behind === undefined ? undone : { ...undone, notes: [...undone.notes, behind] }
    } finally {
      await locks.release()
      await keeper.close()
    }
  })

async function undo(
  run: Run,
  id: number,
  found: Found,
  { force, dryRun }: { readonly force: boolean; readonly dryRun: boolean },
): Promise<Undone> {
  const { target, file_name, first_at: since, last_at: until, inserted, updated } = found
  const span = { import_id: id, since, until }
  const rows = since === null ? 0 : (await run<{ rows: number }>(`ingest/count-${target}`, span))[0]!.rows
  const lost = inserted + updated - rows
  if (!force && updated > 0) throw refused(id, `it replaced ${updated} rows, and what they held before is not kept`)
  if (!force && lost > 0) throw refused(id, `${lost} of its rows were updated by others, or deleted, since`)
  if (dryRun) return { import_id: id, file_name, deleted: rows, notes: ['nothing was deleted: --dry-run'] }
  const left =
    since === null
      ? []
      : await run<{ import_id: number; file_name: string | null }>('ingest/leave-incomplete', { ...span, target })
  const deleted = await removeRows(run, id, found, 'undone')
  const notes = left.map(
    (other) =>
      `import ${other.import_id} (${other.file_name ?? 'a file'}) had left out rows in that time: load its file again, it may hold some of these`,
  )
  return { import_id: id, file_name, deleted, notes }
}

const running = (id: number): ArxError =>
  new ArxError({ code: 'busy', message: `import ${id} is being loaded`, hint: 'stop it first', exit: EXIT.refused })

const nothing = (id: number, state: string): ArxError =>
  new ArxError({ code: 'nothing-to-undo', message: `import ${id} is ${state}: it has no rows`, exit: EXIT.refused })

const refused = (id: number, why: string): ArxError =>
  new ArxError({
    code: 'undo-refused',
    message: `import ${id} cannot be undone without loss`,
    detail: why,
    hint: `arxdb imports undo ${id} --force deletes the rows it still has`,
    exit: EXIT.refused,
  })
