// The window of a backup as a restore needs it: with the file in which its WAL ends.
import type { Manifest } from '../manifest.ts'
import type { Repository } from '../repository.ts'
import { parseHistory, readArchive, type SystemArchive, type Timeline } from '../wal/archive.ts'
import { historyName, lsnBytes, segmentBefore, segmentName } from '../wal/names.ts'
import { type Window, windowsOf } from '../wal/windows.ts'
import type { WalSource } from './wal-source.ts'

export interface Reach extends Window {
  /** Undefined where nothing of the archive follows the backup. */
  readonly lastSegment: string | undefined
}

/** The archive of one cluster, sealed histories read as well. */
export async function archiveOf(
  repository: Repository,
  systemId: string,
  source: WalSource,
  signal: AbortSignal,
): Promise<SystemArchive> {
  const [found] = await readArchive(repository, systemId)
  const none = { systemId, segmentBytes: 16 << 20, stored: new Map(), partials: [], broken: [] }
  const archive: SystemArchive = found ?? { ...none, timelines: new Map() }
  const timelines = new Map<number, Timeline>(archive.timelines)
  for (const [number, timeline] of timelines) {
    if (number === 1 || (timeline.history?.length ?? 0) > 0) continue
    const text = await source.fetch(historyName(number), signal)
    if (text) timelines.set(number, { ...timeline, history: parseHistory(text.toString()) })
  }
  return { ...archive, timelines }
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
