// What the ledger knows of a file before it is loaded: the remains of a load that died, and that it is in already.
import { createHash } from 'node:crypto'
import type { Job } from './job.ts'
import { candidates, type Locks, undoImport } from './ledger.ts'
import { marketName } from './market.ts'
import { type FileReport, summary } from './report.ts'
import { content } from './source.ts'

/** A load that was killed leaves its import in 'loading' without its lock; its rows go before the file starts again. */
export async function removeDead({ plan, workshop }: Job, locks: Locks): Promise<string[]> {
  const notes: string[] = []
  for (const found of await candidates(workshop.clerk, plan)) {
    if (found.state !== 'loading' || !(await locks.tryLock(`arxdb.import.${found.import_id}`))) continue
    const removed = await undoImport(workshop.clerk, found.import_id)
    notes.push(`removed ${removed} rows that an interrupted load of ${found.file_name ?? 'a file'} had left`)
  }
  return notes
}

/** Hashing costs a pass over the file, so it is made first only where some import could be the same. */
export async function findLoaded({ source, plan, options, workshop }: Job): Promise<FileReport | undefined> {
  const done = (await candidates(workshop.clerk, plan)).filter((c) => c.state === 'done' && c.content_sha256)
  const size = source.compressed ? undefined : source.bytes
  if (!done.some((c) => size === undefined || c.content_bytes === size)) return undefined
  const start = performance.now()
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of content(source)) {
    options.signal.throwIfAborted()
    hash.update(chunk)
    bytes += chunk.length
  }
  const digest = hash.digest()
  const same = done.find((c) => c.content_sha256!.equals(digest))
  if (!same) return undefined
  return {
    ...summary({ source, plan, importId: same.import_id, rows: same.rows_read, inserted: 0, bytes, start }),
    duplicates: same.rows_read,
    already_loaded: true,
    rows_per_second: 0,
    markets: plan.identity.fields.length === 0 ? [marketName(plan.identity.fixed)] : [],
    first_at: same.first_at,
    last_at: same.last_at,
    notes: [`loaded before as import ${same.import_id} (${same.file_name ?? 'standard input'}); nothing was sent`],
  }
}
