// Up to when what a backup holds, and the WAL behind it, would bring things back.
import type { Manifest } from '../manifest.ts'
import type { Repository } from '../repository.ts'
import { readArchive } from '../wal/archive.ts'
import { windowsOf } from '../wal/windows.ts'

/** For a dump or a copy its snapshot; for base backups when the last segment that follows came into the repository. */
export async function recoverableUntil(manifest: Manifest, repository: Repository): Promise<Date> {
  const own = new Date(manifest.evidence?.at ?? manifest.ended)
  if (!manifest.wal || manifest.kind === 'pgbackrest') return own
  const archives = await readArchive(repository, manifest.server.systemId)
  const reached = windowsOf(archives, [manifest]).flatMap(({ to, timeline }) =>
    to === null || timeline !== manifest.wal!.timeline ? [] : [new Date(to)],
  )
  return [own, ...reached].reduce((a, b) => (a > b ? a : b))
}
