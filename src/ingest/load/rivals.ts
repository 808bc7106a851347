// Loads of the same rows at once: a row left out because another load has it must not go when that load is taken back.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client, Run, StorageSession } from '../../storage/session.ts'
import { reading } from '../../storage/session.ts'
import type { Target } from '../plan/targets.ts'
import { importLock, type Locks, undoImport } from './ledger.ts'

const POLL_MS = 200

/** Stands for a load that nobody can name any more: the row was there, and went. */
const GONE = 0

export const holdLoading = (run: Run, importId: number, { relation }: Target): Promise<readonly object[]> =>
  run('ingest/hold-loading', { import_id: importId, target: relation })

/** The loads not yet closed whose rows stand where rows of the temporary table arxdb_batch would have gone. */
export async function leaning(client: Client, importId: number, { relation, owner }: Target): Promise<number[]> {
  const { rows } = await client.query(
    `select distinct coalesce(i.import_id, $2::int) as import_id
       from arxdb_batch b
       left join arxdb.${relation} f using (${owner}, timestamp)
       left join arxdb.imports i on i.import_id = f.import_id and i.state = 'loading' and i.atomic and i.finished_at is null
      where f.timestamp is null or i.import_id <> $1::int`,
    [importId, GONE],
  )
  return (rows as { import_id: number }[]).map((row) => row.import_id)
}

/**
 * Waits until each of these loads has all its rows in, or has ended; takes out the dead ones. True when one of them was
 * taken back: then rows left out on its account are missing. Two that wait for each other both have their rows in.
 */
export async function lostAny(
  session: StorageSession,
  locks: Locks,
  rivals: Iterable<number>,
  signal: AbortSignal,
): Promise<boolean> {
  let lost = false
  for (const id of rivals) {
    for (;;) {
      const [found] = await reading(session, (run) =>
        run<{ state: string; complete: boolean }>('ingest/import-state', { import_id: id }),
      )
      lost ||= found === undefined || found.state === 'failed' || found.state === 'undone'
      if (found?.state !== 'loading' || found.complete) break
      if (await locks.tryLock(importLock(id))) await undoImport(session, id)
      else await sleep(POLL_MS, undefined, { signal })
    }
  }
  return lost
}
