// Which backups lead to a restore point or to the end of a transaction: where it is in the WAL, in words too.
import { ArxError } from '../../errors.ts'
import type { Env } from '../../programs/run.ts'
import type { Manifest } from '../manifest.ts'
import type { Programs } from '../programs.ts'
import { lsnBytes, segmentAt, segmentNumber } from '../wal/names.ts'
import type { Candidate } from './choose.ts'
import type { Finding } from './fitness.ts'
import { UNREAD } from './last-commit.ts'
import { type RecoveryTarget, targetText } from './target.ts'
import { passes, pathOf } from './wal-path.ts'
import { type Place, type Sought, searching, type WalSearch } from './wal-search.ts'

export interface Located {
  readonly places: readonly Place[]
  /** Where a recovery from this backup meets it first, be it before the backup is consistent: there it ends. */
  first(candidate: Candidate): Place | undefined
  /** Why nothing leads there, where no backup does. */
  readonly absence: string
  readonly damaged: readonly string[]
  /** A damaged segment that a recovery from this backup reads before. */
  broken(candidate: Candidate): string | undefined
}

/** Nobody knows where it is before it is met. */
export interface Unlocated {
  readonly why: string
}

export interface LocateOptions {
  readonly target: RecoveryTarget
  /** Those that may be chosen, oldest first. */
  readonly among: readonly Candidate[]
  /** The same backups along another timeline, and only those that it leads on from. */
  along(timeline: number): readonly Candidate[]
  readonly manifests: readonly Manifest[]
  readonly programs: Programs
  readonly env: Env
  readonly signal: AbortSignal
  progress?: ((text: string) => void) | undefined
}

/** Looks it up, from the newest backup back to the first one that leads there. Undefined for targets that need no search. */
export async function locate(options: LocateOptions): Promise<Located | Unlocated | undefined> {
  const { target, among, manifests, programs, env, signal, progress = () => {} } = options
  if (target.kind !== 'name' && target.kind !== 'xid') return undefined
  // What backups ended with they say themselves.
  const marked = target.kind === 'name' ? manifests.find(({ mark }) => mark?.name === target.name) : undefined
  if (marked) {
    const { lsn, time: at } = marked.mark!
    return located([{ what: 'restore point', lsn, at, timeline: marked.wal!.timeline }])
  }
  const program = programs.find('pg_waldump')
  if (!program) return { why: `no pg_waldump of PostgreSQL ${programs.major} is here` }
  try {
    return await searching({ sought: target, program, env, signal, progress }, (search) =>
      look(target, search, options),
    )
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const told = error instanceof ArxError ? UNREAD.has(error.code) : code === 'ENOSPC' || code === 'EROFS'
    if (!told || among.length === 0) throw error
    return { why: message }
  }
}

async function look(sought: Sought, search: WalSearch, { among, along }: LocateOptions): Promise<Located> {
  const leads = async (candidate: Candidate): Promise<boolean> => {
    await search.along(candidate)
    const first = firstOf(search.places, candidate)
    return first !== undefined && isBehind(first, candidate)
  }
  for (const candidate of [...among].reverse()) {
    // A transaction ends once: where its end is known, nothing more needs to be read.
    if ((await leads(candidate)) || (sought.kind === 'xid' && search.places.length > 0)) break
  }
  if (search.places.length > 0) return located(search.places, search.damaged)
  const absence = absenceText(sought, search)
  const timelines = new Set(among.flatMap(({ home }) => [...home.archive.timelines.keys()]))
  for (const timeline of [...timelines].sort((a, b) => b - a)) {
    for (const candidate of [...along(timeline)].reverse()) {
      if (!(await leads(candidate))) continue
      const there = `${targetText(sought)} is ${spotText(firstOf(search.places, candidate)!)}`
      return located([], search.damaged, `${there}, where no backup leads without --timeline ${timeline}`)
    }
  }
  return located([], search.damaged, absence)
}

function located(places: readonly Place[], damaged: readonly string[] = [], absence = ''): Located {
  return {
    ...{ places, damaged, absence },
    first: (candidate) => firstOf(places, candidate),
    broken(candidate) {
      const { segmentBytes } = candidate.home.archive
      const place = firstOf(places, candidate)
      const until = place && segmentAt(place.lsn, segmentBytes)
      const path = new Set(pathOf(candidate))
      return damaged.find((name) => path.has(name) && segmentNumber(name, segmentBytes) <= (until ?? -1))
    },
  }
}

const firstOf = (places: readonly Place[], candidate: Candidate): Place | undefined =>
  places.filter((place) => passes(candidate, place)).sort((a, b) => (lsnBytes(a.lsn) < lsnBytes(b.lsn) ? -1 : 1))[0]

export const isBehind = ({ lsn }: Place, { window }: Candidate): boolean => lsnBytes(lsn) >= lsnBytes(window.fromLsn)

/** `a restore point at 0/3000148 of 2026-01-02T03:04:05.678Z on timeline 1` */
export const spotText = ({ what, lsn, at, timeline }: Place): string =>
  `a ${what} at ${lsn}${at ? ` of ${at}` : ''} on timeline ${timeline}`

function absenceText(sought: Sought, { segments, points, ends, outer }: WalSearch): string {
  const where = `in the ${segments} segments of WAL behind the backups`
  if (sought.kind === 'name') {
    const seen = points.map(({ name, at }) => `${JSON.stringify(name)}${at ? ` (${at})` : ''}`).join(', ')
    return `no restore point ${JSON.stringify(sought.name)} is ${where}; ${seen ? `there are ${seen}` : 'none is there at all'}`
  }
  if (outer !== undefined) return `${sought.xid} is a part of transaction ${outer}, and ends with it: --to xid:${outer}`
  const [oldest, newest] = ends
  const held =
    oldest && newest
      ? `it holds those from xid:${oldest.xid} (${oldest.at}) to xid:${newest.xid} (${newest.at})`
      : 'nor any other'
  return `no end of transaction ${sought.xid} is ${where}; ${held}`
}

/** Of a name that was used more than once: which of them is meant, and how the others are had. */
export function twiceFindings(
  target: RecoveryTarget,
  chosen: Candidate,
  { places, first }: Located,
): readonly Finding[] {
  const one = first(chosen)
  const others = places.filter((place) => place !== one)
  if (!one || others.length === 0) return []
  const ways = others.map((place) => {
    const branch = place.timeline === one.timeline ? '' : `--timeline ${place.timeline} `
    return `${branch}--to lsn:${place.lsn}${place.at ? ` for that of ${place.at}` : ''}`
  })
  const detail = `${targetText(target)} is there ${places.length} times: recovery ends at the first behind ${chosen.manifest.label}, ${one.lsn}${one.at ? ` of ${one.at}` : ''}; ${ways.join(', ')}`
  return [{ check: 'target', outcome: 'warning', detail }]
}
