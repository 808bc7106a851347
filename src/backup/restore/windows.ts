// The window of a backup as a restore needs it: with the file in which its WAL ends.
import type { Manifest } from '../manifest.ts'
import type { Repository } from '../repository.ts'
import type { Key } from '../sealing/keys.ts'
import { readArchive, type SystemArchive } from '../wal/archive.ts'
import { headerCheck } from '../wal/inspect.ts'
import { lsnBytes, segmentBefore, segmentName } from '../wal/names.ts'
import { type Window, windowsOf } from '../wal/windows.ts'

export interface Reach extends Window {
  /** Undefined where nothing of the archive follows the backup. */
  readonly lastSegment: string | undefined
}

/** The archive of one cluster; what is no good by its header counts as missing, as it does for `wal status`. */
export async function archiveOf(
  repository: Repository,
  systemId: string,
  key: Key | undefined,
): Promise<SystemArchive> {
  const [found] = await readArchive(repository, { systemId, key, check: headerCheck(repository.store) })
  const none = { systemId, segmentBytes: 16 << 20, stored: new Map(), partials: [], broken: [], damaged: new Map() }
  return found ?? { ...none, timelines: new Map() }
}

/** The windows of a backup, one for each timeline that leads on from it; its own first. */
export function reachOf(manifest: Manifest, archive: SystemArchive): readonly Reach[] {
  return windowsOf([archive], [manifest]).map((window) => ({ ...window, lastSegment: lastSegment(window, archive) }))
}

/** The file that ends at the window's end: of its timeline, or of the one that it branched off. */
function lastSegment({ timeline, toLsn, fromLsn }: Window, archive: SystemArchive): string | undefined {
  if (lsnBytes(toLsn) < lsnBytes(fromLsn)) return undefined
  const number = segmentBefore(toLsn, archive.segmentBytes)
  const parents = archive.timelines.get(timeline)?.history?.map(({ parent }) => parent) ?? []
  return [timeline, ...parents]
    .map((one) => segmentName(one, number, archive.segmentBytes))
    .find((name) => archive.stored.has(name))
}
