// Level 3 of a verification: whether WAL leads on from a backup without a hole, by the same windows that `wal status` and a
// restore's plan go by.
import type { Manifest } from '../manifest.ts'
import { historyMissing, type SystemArchive } from './archive.ts'
import type { KnownGaps } from './known-gaps.ts'
import { segmentAt, segmentNumber, segmentsOf } from './names.ts'
import { windowsOf } from './windows.ts'

/**
 * What stands in the way of recovering a base backup: segments of its own range that are missing, what is missing behind
 * it on each timeline that leads on from it and that nobody has acknowledged, and what is there and is no good. Empty when
 * WAL is there without a gap.
 */
export function checkWal(
  archive: SystemArchive | undefined,
  manifest: Manifest,
  known: KnownGaps = () => false,
): readonly string[] {
  const { wal, server } = manifest
  if (!wal) return [`${manifest.label} has no WAL: it is a backup of kind ${manifest.kind}`]
  if (!archive) return [`the repository holds no WAL of system ${server.systemId}`]
  const acknowledged = (name: string): boolean => known(server.systemId, { first: name, last: name })
  const own = segmentsOf(wal).filter((name) => !archive.stored.has(name) && !acknowledged(name))
  const gaps = windowsOf([archive], [manifest])
    .filter(({ missing }) => missing !== null && !known(server.systemId, missing))
    .map(({ gap }) => gap!)
  const start = segmentAt(wal.start, wal.segmentBytes)
  const damaged = [...archive.damaged]
    .filter(([name]) => segmentNumber(name, wal.segmentBytes) >= start && !acknowledged(name))
    .map(([, text]) => text)
  const lost = historyMissing(archive).filter((name) => Number.parseInt(name.slice(0, 8), 16) > wal.timeline)
  return [
    ...own.map((name) => `segment ${name} of the backup itself is missing`),
    ...new Set(gaps),
    ...damaged,
    ...lost.map((name) => `${name} is missing: where that timeline began is not known`),
  ]
}
