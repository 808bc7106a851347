// Which files of the archive a recovery reads, in order, and on which timeline a place in them is.
import type { Branch, SystemArchive } from '../wal/archive.ts'
import { lsnBytes, segmentAt, segmentBefore, segmentName, segmentNumber } from '../wal/names.ts'
import type { Candidate } from './choose.ts'

/** A place in the WAL; the same LSN is there once for each branch. */
export interface Spot {
  readonly lsn: string
  readonly timeline: number
}

type Followed = Pick<Candidate, 'manifest' | 'window' | 'home'>

/** The timeline and those that it comes from, nearest first, each with where it begins. */
function legs(archive: SystemArchive, timeline: number): readonly { timeline: number; from: string }[] {
  const history: readonly Branch[] = archive.timelines.get(timeline)?.history ?? []
  const numbers = [timeline, ...history.map(({ parent }) => parent)]
  return numbers.map((one, at) => ({ timeline: one, from: history[at]?.lsn ?? '0/0' }))
}

/**
 * The segments from the backup's checkpoint to the end of its window, as PostgreSQL picks them: the segment in which a
 * timeline begins is read as the new one has it. What is not there is left out.
 */
export function pathOf({ manifest, window, home: { archive } }: Followed): readonly string[] {
  const { segmentBytes, stored } = archive
  const wal = manifest.wal!
  const first = segmentAt(wal.start, segmentBytes)
  const last = window.lastSegment
    ? segmentNumber(window.lastSegment, segmentBytes)
    : segmentBefore(wal.end, segmentBytes)
  const along = legs(archive, window.timeline)
  const path: string[] = []
  for (let number = first; number <= last; number++) {
    const name = along
      .filter(({ from }) => segmentAt(from, segmentBytes) <= number)
      .map(({ timeline }) => segmentName(timeline, number, segmentBytes))
      .find((one) => stored.has(one))
    if (name) path.push(name)
  }
  return path
}

/** The timeline that a place is on, for a recovery along the candidate's window. */
export function timelineAt({ window, home }: Followed, lsn: string): number {
  const at = lsnBytes(lsn)
  const along = legs(home.archive, window.timeline)
  return (along.find(({ from }) => lsnBytes(from) <= at) ?? along.at(-1)!).timeline
}

/** Whether a recovery from this backup comes by there, be it before it is consistent. */
export function passes(candidate: Followed, { lsn, timeline }: Spot): boolean {
  const at = lsnBytes(lsn)
  const { manifest, window } = candidate
  if (at < lsnBytes(manifest.wal!.start) || at >= lsnBytes(window.toLsn)) return false
  return timelineAt(candidate, lsn) === timeline
}
