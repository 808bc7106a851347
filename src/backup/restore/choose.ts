// Which backup a restore begins with: the newest good one from which the target can be reached.
import type { CatalogueEntry } from '../catalogue.ts'
import type { Manifest } from '../manifest.ts'
import { chainOf } from '../methods/incremental.ts'
import { type Proof, provenLevel } from '../proofs.ts'
import { lsnBytes } from '../wal/names.ts'
import { isBehind, type Located, spotText } from './locate.ts'
import { type RecoveryTarget, targetText } from './target.ts'
import { isGone, type WalHome } from './wal-home.ts'
import { type Reach, reachOf } from './windows.ts'

export interface Candidate {
  readonly manifest: Manifest
  readonly chain: readonly Manifest[]
  readonly window: Reach
  readonly home: WalHome
  /** -1: nobody ever looked; undefined: the last look found problems. */
  readonly proven: number | undefined
}

/** Of whole clusters, signed by our key (or by one that is not at hand, where there is none), oldest first. */
export function trusted(entries: readonly CatalogueEntry[], haveKey: boolean): readonly Manifest[] {
  return entries
    .filter(({ trust }) => trust === 'signed' || (trust === 'unknown-key' && !haveKey))
    .map(({ manifest }) => manifest!)
}

export interface Choosing {
  /** Of whole clusters. */
  readonly manifests: readonly Manifest[]
  readonly proofs: ReadonlyMap<string, readonly Proof[]>
  /** Where the WAL of each lies; one without a home cannot be judged, and is none. */
  homeOf(manifest: Manifest): WalHome | undefined
  readonly timeline: number | 'latest' | undefined
}

/** Backups that WAL can be replayed behind. */
export const isPhysical = ({ kind, wal }: Manifest): boolean => wal !== null && kind !== 'dump' && kind !== 'copy'

/** Every backup that can be restored at all, with its window along the timeline that was asked for; oldest first. */
export function candidates({ manifests, proofs, homeOf, timeline }: Choosing): readonly Candidate[] {
  return manifests.flatMap((manifest) => {
    const home = homeOf(manifest)
    if (!home || isGone(manifest, home)) return []
    const all = reachOf(manifest, home.archive)
    const newest = Math.max(...all.map((one) => one.timeline))
    const wanted = timeline === 'latest' ? newest : (timeline ?? manifest.wal!.timeline)
    const window = all.find((one) => one.timeline === wanted)
    let chain: readonly Manifest[]
    try {
      chain = restoredFrom(manifest, manifests)
    } catch {
      return []
    }
    if (!window) return []
    const known = proofs.get(manifest.label) ?? []
    const proven = known.at(-1)?.passed === false ? undefined : provenLevel(known)
    return [{ manifest, chain, window, home, proven }]
  })
}

/** What arxdb itself reads to restore it. What a backup of pgBackRest's stands on is pgBackRest's business. */
export const restoredFrom = (manifest: Manifest, all: readonly Manifest[]): readonly Manifest[] =>
  manifest.kind === 'pgbackrest' ? [manifest] : chainOf(manifest, all)

export interface Known {
  /** When the last commit is that it leads to. */
  readonly lastCommit?: string | undefined
  /** Where the target is, when it was looked up. */
  readonly located?: Located | undefined
}

/** Why this backup does not lead there; undefined when it does, as far as can be known before. */
export function obstacle(
  candidate: Candidate,
  target: RecoveryTarget,
  { lastCommit, located }: Known = {},
): string | undefined {
  const { manifest, window } = candidate
  if (target.kind === 'time') {
    const end = endOf(manifest)
    if (micros(target.at) < micros(end)) return `${targetText(target)} is before its end, ${end}`
    if (lastCommit !== undefined && micros(target.at) >= micros(lastCommit)) {
      return `no commit behind ${target.at} is in the WAL; the last one is of ${lastCommit}`
    }
    if (!window.lastSegment) return 'no WAL behind it is in the archive'
  }
  if (target.kind === 'lsn') {
    const lsn = lsnBytes(target.lsn)
    if (lsn < lsnBytes(window.fromLsn)) return `${target.lsn} is before its end, ${window.fromLsn}`
    if (lsn >= lsnBytes(window.toLsn)) return `its WAL ends before ${target.lsn}, at ${window.toLsn}`
  }
  if (target.kind !== 'name' && target.kind !== 'xid') return undefined
  if (target.kind === 'name' && manifest.mark?.name === target.name) return undefined
  if (!window.lastSegment) return 'no WAL behind it is in the archive'
  if (!located) return undefined
  const place = located.first(candidate)
  if (!place) return `${targetText(target)} is not in the WAL behind it`
  // One that recovery meets before the backup is consistent ends it as well, with an error.
  if (!isBehind(place, candidate))
    return `${targetText(target)}, ${spotText(place)}, is before its end, ${window.fromLsn}`
  const broken = located.broken(candidate)
  if (broken) return `${targetText(target)} is ${spotText(place)}, and ${broken} before it is damaged`
  return undefined
}

/**
 * When it surely had ended, by the clock of the server, which commits are told by, and by that of arxdb's host, which may
 * be behind: a restore to a time before would bring back what was committed after it, and PostgreSQL would not complain.
 */
const endOf = ({ ended, mark }: Manifest): string => (mark && micros(mark.time) > micros(ended) ? mark.time : ended)

/** Microseconds are compared as text of equal length: a Date would round them. */
export const micros = (iso: string): string => {
  const [whole, fraction = ''] = iso.replace(/Z$/, '').split('.')
  return `${whole}.${fraction.padEnd(6, '0')}`
}

/** `20261125T...: from 2026-... (0/3000100) to 2026-... (000000010000000000000007, timeline 00000001)`. */
export function windowText({ window, manifest }: Candidate, lastCommit: string | undefined): string {
  const to = window.lastSegment
    ? `to ${lastCommit ? `the commit of ${lastCommit}` : 'the end'} in ${window.lastSegment}`
    : 'its own end only'
  const gap = window.gap ? `; ${window.gap} behind it` : ''
  return `${manifest.label}: from ${window.from} (${window.fromLsn}) ${to}, timeline ${window.timeline}${gap}`
}
