// Up to when what a backup holds, and the WAL behind it, would bring things back.
import type { Manifest } from '../manifest.ts'
import { type HomeSearch, homeOf } from '../restore/wal-home.ts'
import { windowsOf } from '../wal/windows.ts'

/** For a dump or a copy its snapshot; for a whole cluster when the last segment that follows came into the archive. */
export async function recoverableUntil(manifest: Manifest, search: HomeSearch): Promise<Date> {
  const own = new Date(manifest.evidence?.at ?? manifest.ended)
  if (!manifest.wal) return own
  const home = await homeOf(manifest, search).catch((error: unknown) => {
    // What is wrong with pgBackRest's repository is found, and told, when the backup is restored.
    if (manifest.kind !== 'pgbackrest' || search.signal.aborted) throw error
  })
  const reached = windowsOf(home ? [home.archive] : [], [manifest]).flatMap(({ to, timeline }) =>
    to === null || timeline !== manifest.wal!.timeline ? [] : [new Date(to)],
  )
  return [own, ...reached].reduce((a, b) => (a > b ? a : b))
}
