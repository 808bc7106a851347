// To which moments the backups of a repository can be brought back: each from its own end on, as far as WAL follows
// without a gap, on its timeline and on those that branched off it.
import type { Manifest } from '../manifest.ts'
import { type Gap, gapsBetween, gapText, newestOf, type SystemArchive } from './archive.ts'
import { lsnBytes, lsnText, segmentAt, segmentBefore, segmentName } from './names.ts'

export interface Window {
  readonly label: string
  readonly systemId: string
  readonly timeline: number
  /** The backup's end: nothing before it can be reached with this backup. */
  readonly from: string
  readonly fromLsn: string
  /** When the last segment came into the store: no commit in it is younger. Null without any beyond the backup. */
  readonly to: string | null
  readonly toLsn: string
  /** What ended it, in words; null where the archive just ends there. */
  readonly gap: string | null
  readonly missing: Gap | null
}

/** The windows of every base backup, oldest backup first; one more for each timeline that leads on from it. */
export function windowsOf(archives: readonly SystemArchive[], manifests: readonly Manifest[]): readonly Window[] {
  return manifests.flatMap((manifest) => {
    const archive = archives.find(({ systemId }) => systemId === manifest.server.systemId)
    if (!manifest.wal || !archive) return []
    return reachable(archive, manifest.wal.timeline, manifest.wal.end).map((timeline) =>
      windowOn(archive, manifest, timeline),
    )
  })
}

/** The timeline itself, and those whose history says that they left it (or its descendants) after `lsn`. */
function reachable({ timelines }: SystemArchive, from: number, lsn: string): readonly number[] {
  const later = [...timelines.values()].filter(({ history }) =>
    history?.some((branch) => branch.parent === from && lsnBytes(branch.lsn) >= lsnBytes(lsn)),
  )
  return [from, ...later.map(({ timeline }) => timeline)]
}

function windowOn(archive: SystemArchive, manifest: Manifest, timeline: number): Window {
  const wal = manifest.wal!
  const { segmentBytes } = archive
  const legs = legsTo(archive, wal.timeline, timeline)
  let at = segmentBefore(wal.end, segmentBytes)
  let reached = { timeline: wal.timeline, number: at }
  let missing: Gap | null = null
  for (const leg of legs) {
    const last =
      leg.until === undefined ? (newestOf(archive, leg.timeline) ?? at - 1) : segmentAt(leg.until, segmentBytes)
    // The segment in which a timeline branches off is archived under the new one; the old one may never have been filled.
    const needed = leg.until === undefined ? last : Math.max(at - 1, last - 1)
    missing = gapsBetween(archive, leg.timeline, at, needed)[0] ?? null
    if (missing) {
      const run = archive.timelines.get(leg.timeline)?.runs.find(({ first, last: end }) => first <= at && at <= end)
      if (run) reached = { timeline: leg.timeline, number: run.last }
      break
    }
    if (needed >= at) reached = { timeline: leg.timeline, number: needed }
    at = leg.until === undefined ? at : segmentAt(leg.until, segmentBytes)
  }
  const name = segmentName(reached.timeline, reached.number, segmentBytes)
  return {
    ...{ label: manifest.label, systemId: archive.systemId, timeline, missing },
    gap: missing && gapText(missing),
    ...{ from: manifest.ended, fromLsn: wal.end },
    to: archive.stored.get(name)?.toISOString() ?? null,
    toLsn: lsnText(BigInt(reached.number + 1) * BigInt(segmentBytes)),
  }
}

interface Leg {
  readonly timeline: number
  /** Where the next timeline leaves it; undefined for the last one. */
  readonly until: string | undefined
}

/** The timelines from `from` to `to`, each with the place where it is left. */
function legsTo({ timelines }: SystemArchive, from: number, to: number): readonly Leg[] {
  if (from === to) return [{ timeline: from, until: undefined }]
  const history = [...(timelines.get(to)?.history ?? [])].reverse()
  const start = history.findIndex(({ parent }) => parent === from)
  const legs = history.slice(start).map(({ parent, lsn }): Leg => ({ timeline: parent, until: lsn }))
  return [...legs, { timeline: to, until: undefined }]
}
