// What a server that comes back with archive_mode = on will hand to its archiver. It was promoted without archiving, so
// nothing noted its new timeline's history or the segments that it filled since; and without that history in the archive,
// no backup from before the promotion leads to anything behind it.
import { chown, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Account } from '../../programs/account.ts'
import { historyName, segmentAt, segmentNumber, walFile } from '../wal/names.ts'
import type { ControlFile } from './control.ts'

/** Marks those files of the directory's own timeline as ready, as PostgreSQL does; which ones. Of a server that is down. */
export async function queueForArchiver(
  dataDir: string,
  { timeline, checkpoint, segmentBytes }: ControlFile,
  account: Account | undefined,
): Promise<readonly string[]> {
  const folder = join(dataDir, 'pg_wal')
  const status = join(folder, 'archive_status')
  const [names, known] = [await readdir(folder), new Set(await readdir(status))]
  const current = segmentAt(checkpoint, segmentBytes)
  const own = names.filter((name) => {
    if (name === historyName(timeline)) return true
    const file = walFile(name)
    // Files behind the current one wait to be filled, under names that they do not have yet.
    return file?.kind === 'segment' && file.timeline === timeline && segmentNumber(name, segmentBytes) < current
  })
  const queued = own.filter((name) => !known.has(`${name}.ready`) && !known.has(`${name}.done`)).sort()
  for (const name of queued) {
    const path = join(status, `${name}.ready`)
    await writeFile(path, '', { mode: 0o600 })
    if (account) await chown(path, account.uid, account.gid)
  }
  return queued
}
