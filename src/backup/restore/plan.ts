// What a restore would do, and whether it would succeed, before anything is touched.
import { ArxError, EXIT } from '../../errors.ts'
import type { Env } from '../../programs/run.ts'
import { roughly } from '../../wording.ts'
import { readCatalogue } from '../catalogue.ts'
import type { Manifest } from '../manifest.ts'
import { type Programs, programsOf } from '../programs.ts'
import { type Proofs, readProofs } from '../proofs.ts'
import type { Repository } from '../repository.ts'
import type { Key } from '../sealing/keys.ts'
import type { BackupSettings } from '../settings.ts'
import type { SystemArchive } from '../wal/archive.ts'
import { lsnBytes } from '../wal/names.ts'
import { type Candidate, candidates, isPhysical, type Known, micros, obstacle, trusted, windowText } from './choose.ts'
import { type Finding, postgresFits, roomFits, timescaledbFits } from './fitness.ts'
import { lastCommits } from './last-commit.ts'
import { locate, spotText, twiceFindings } from './locate.ts'
import { type RecoveryTarget, targetText } from './target.ts'
import { homesOf } from './wal-home.ts'

export interface PlanOptions {
  readonly repository: Repository
  readonly key: Key | undefined
  readonly settings: BackupSettings
  readonly target: RecoveryTarget
  readonly timeline: number | 'latest' | undefined
  /** A label, or a beginning of one, in place of the choice. */
  readonly label: string | undefined
  readonly into: string
  readonly env: Env
  readonly signal: AbortSignal
  progress?(text: string): void
  /** Labels that were tried already, and did not lead there. */
  readonly without?: ReadonlySet<string> | undefined
  /** Told when a backup was chosen. */
  chose?(label: string, certainty: 'sure' | 'unsure'): void
}

export interface Plan {
  /** Undefined where no backup leads there. */
  readonly chosen: Candidate | undefined
  readonly programs: Programs | undefined
  readonly findings: readonly Finding[]
}

/** Windows that are listed; older ones can be asked for by their label. */
const SHOWN = 5

/** Picks the backup and judges everything that can be judged beforehand. Changes nothing. */
export async function planRestore(options: PlanOptions): Promise<Plan> {
  const { repository, key, settings, target, timeline, label, into, env, signal, progress, without } = options
  const entries = await readCatalogue(repository, key)
  const named = entries.filter((entry) => label === undefined || entry.label.startsWith(label))
  const manifests = trusted(entries, key !== undefined)
  const newest = manifests.findLast(isPhysical)
  if (!newest) throw nothingPhysical(repository.store.where, manifests)
  const { systemId } = (manifests.find((one) => named.length === 1 && one.label === named[0]!.label) ?? newest).server
  const { byLabel: proofs } = await readProofs(repository, key)
  const own = manifests.filter((one) => isPhysical(one) && one.server.systemId === systemId)
  const isAsked = (manifest: Manifest): boolean =>
    (label === undefined || manifest.label.startsWith(label)) && !without?.has(manifest.label)
  const homes = await homesOf(own.filter(isAsked), { repository, key, env, signal })
  const along = (one: typeof timeline): readonly Candidate[] =>
    candidates({ manifests: own, proofs, homeOf: homes.of, timeline: one }).filter(({ manifest }) => isAsked(manifest))
  const asked = along(timeline)
  if (asked.length === 0) throw homes.failure ?? noCandidate(label, timeline)

  const programs = programsOf(newest.server.major, settings.bindir, env)
  const { commitOf, unknown } = await lastCommits(asked.slice(-SHOWN), { programs, env, signal })
  // One whose last verification failed is taken only when it is named.
  const isGood = ({ proven }: Candidate): boolean => proven !== undefined || label !== undefined
  const among = asked.some(isGood) ? asked.filter(isGood) : asked
  const found = await locate({ target, among, along, manifests: own, programs, env, signal, progress })
  const located = found && 'places' in found ? found : undefined
  const known = (one: Candidate) => ({ lastCommit: commitOf(one), located })
  const reaching = asked.filter((one) => obstacle(one, target, known(one)) === undefined)
  const chosen = reaching.findLast(isGood)
  const windows = asked.slice(-SHOWN).map((one): Finding => {
    const outcome = one.window.gap ? 'warning' : 'note'
    return { check: 'window', outcome, detail: windowText(one, commitOf(one)) }
  })
  const around = [
    ...windows,
    ...unknown,
    ...searchFindings(found),
    ...homes.findings,
    ...branchFindings((chosen ?? asked.at(-1)!).home.archive, chosen, timeline),
    ...damageFindings((chosen ?? asked.at(-1)!).home.archive),
  ]
  if (!chosen) {
    // The oldest leads back the farthest.
    const why = located ? asked[0]! : asked.at(-1)!
    const nearest = nearestText(asked, target, commitOf)
    const barred = obstacle(why, target, known(why)) ?? unproven(reaching)
    const others = located && label !== undefined ? '; without --backup every backup is looked at' : ''
    const detail = `${located?.absence || barred}${others}${nearest}`
    return {
      ...{ chosen, programs: undefined },
      findings: [{ check: 'target', outcome: 'problem', detail }, ...around],
    }
  }
  const { manifest, chain } = chosen
  options.chose?.(manifest.label, found && !located ? 'unsure' : 'sure')
  const here = programsOf(manifest.server.major, settings.bindir, env)
  const timescaledb = await timescaledbFits(manifest, here, env)
  const findings: Finding[] = [
    targetFinding(target, chosen, known(chosen)),
    ...(located ? twiceFindings(target, chosen, located) : []),
    backupFinding(chosen),
    ...gapFindings(chosen, target),
    ...around,
    await postgresFits(manifest, here, env),
    ...(timescaledb ? [timescaledb] : []),
    await roomFits(chain, into),
    ...jobFindings(manifest),
    { check: 'duration', outcome: 'note', detail: durationText(chosen, proofs) },
  ]
  return { chosen, programs: here, findings }
}

/** What cannot be known beforehand is said. */
function targetFinding(target: RecoveryTarget, chosen: Candidate, { lastCommit: commit, located }: Known): Finding {
  const { manifest, window } = chosen
  const check = 'target'
  const text = targetText(target)
  const place = located?.first(chosen)
  if (place) return { check, outcome: 'ok', detail: `${text}: ${spotText(place)}` }
  const unseen = `${text}: whether it lies behind this backup is seen only while WAL is replayed`
  if (target.kind === 'xid' || (target.kind === 'name' && manifest.mark?.name !== target.name)) {
    return { check, outcome: 'ok', detail: unseen }
  }
  if (target.kind === 'time' && commit === undefined && window.to !== null) {
    const outcome = micros(target.at) > micros(window.to) ? 'warning' : 'ok'
    return { check, outcome, detail: `${unseen}; the newest of it came into the archive at ${window.to}` }
  }
  const last = target.kind === 'latest' && commit ? `: a commit of ${commit} is the last` : ''
  return { check, outcome: 'ok', detail: `${text}${last}` }
}

/** What the search for it could not do, or came upon. */
function searchFindings(found: Awaited<ReturnType<typeof locate>>): readonly Finding[] {
  if (!found) return []
  if ('places' in found) {
    const detail = (name: string) => `${name} is damaged: no recovery goes on behind it`
    return found.damaged.map((name) => ({ check: 'wal', outcome: 'warning', detail: detail(name) }))
  }
  const detail = `where it lies was not looked up: ${found.why}; where a backup turns out not to lead there, restore run goes on with the next older one`
  return [{ check: 'target', outcome: 'note', detail }]
}

const backupFinding = ({ manifest, chain, proven }: Candidate): Finding => ({
  check: 'backup',
  outcome: proven === undefined || proven < 1 ? 'warning' : 'ok',
  detail: `${chain.map(({ label }) => label).join(' + ')}${ofPgbackrest(manifest)}, ended ${manifest.ended}, ${
    proven === undefined ? 'its last verification FAILED' : proven < 0 ? 'never verified' : `proven to level ${proven}`
  }`,
})

const ofPgbackrest = ({ kind, method }: Manifest): string =>
  kind === 'pgbackrest' ? ` (${method.label} of pgBackRest's stanza ${method.stanza})` : ''

/** For all there is, a gap means less than all. */
function gapFindings({ window }: Candidate, target: RecoveryTarget): readonly Finding[] {
  if (!window.gap || target.kind === 'backup') return []
  const outcome = target.kind === 'latest' ? 'problem' : 'warning'
  return [
    {
      check: 'gap',
      outcome,
      detail: `${window.gap}; nothing behind ${window.toLsn} can be reached`,
    },
  ]
}

/** Every timeline of the archive but the one that is restored along. */
function branchFindings(
  { timelines }: SystemArchive,
  chosen: Candidate | undefined,
  asked: unknown,
): readonly Finding[] {
  const others = [...timelines.values()].filter(({ timeline }) => timeline !== (chosen?.window.timeline ?? 1))
  return others
    .filter(({ timeline }) => timeline !== chosen?.manifest.wal?.timeline)
    .map(({ timeline, history }) => {
      const left = history?.[0]
      const origin = left ? `branched off ${left.parent} at ${left.lsn}` : 'and nobody can tell where it branched off'
      const follow = left ? `not followed unless --timeline ${timeline}` : 'its history file is missing'
      return {
        check: 'timeline',
        outcome: asked === undefined ? ('warning' as const) : ('note' as const),
        detail: `timeline ${timeline}, ${origin}: a promotion, or a copy that archived; ${follow}`,
      }
    })
}

/** What lies in the archive and cannot be replayed; as gaps the windows tell it. */
const damageFindings = ({ broken }: SystemArchive): readonly Finding[] =>
  broken.slice(0, SHOWN).map((detail) => ({ check: 'wal', outcome: 'warning', detail }))

function jobFindings({ evidence }: Manifest): readonly Finding[] {
  if (!evidence) return [{ check: 'jobs', outcome: 'note', detail: 'the backup does not say which jobs it holds' }]
  return evidence.jobs.map((job) => {
    const deletes = /retention/.test(job)
    return {
      check: 'job',
      outcome: deletes ? ('warning' as const) : ('note' as const),
      detail: `${job}: stands still until arxdb restore open${deletes ? ', and would then delete what is old by today' : ''}`,
    }
  })
}

function durationText({ manifest, window }: Candidate, proofs: Proofs['byLabel']): string {
  const drilled = [...proofs.values()].flat().filter(({ rtoSeconds, passed }) => passed && rtoSeconds !== undefined)
  const last = drilled.sort((a, b) => (a.at < b.at ? -1 : 1)).at(-1)
  if (last) return `${roughly(last.rtoSeconds!)} in the drill of ${last.at.slice(0, 10)}`
  const segments = Number((lsnBytes(window.toLsn) - lsnBytes(window.fromLsn)) / BigInt(manifest.wal!.segmentBytes))
  // What two cores and a local disk did; a guess until a drill has measured it.
  const seconds = 2 + manifest.server.bytes / 80_000_000 + segments * 0.15
  return `${roughly(seconds)}, a guess from sizes: no drill has measured it (arxdb backup drill)`
}

/** The moments next to the target that can be reached. */
function nearestText(
  all: readonly Candidate[],
  target: RecoveryTarget,
  commitOf: (one: Candidate) => string | undefined,
): string {
  if (target.kind !== 'time') return ''
  const edges = all.flatMap((one) => {
    const commit = commitOf(one)
    return [
      { at: one.window.from, text: `--to backup --backup ${one.manifest.label} (${one.window.from})` },
      ...(commit ? [{ at: commit, text: `--to latest --backup ${one.manifest.label} (${commit})` }] : []),
    ]
  })
  const wanted = micros(target.at)
  const before = edges
    .filter(({ at }) => micros(at) <= wanted)
    .sort((a, b) => (a.at < b.at ? -1 : 1))
    .at(-1)
  const behind = edges.filter(({ at }) => micros(at) > wanted).sort((a, b) => (a.at < b.at ? -1 : 1))[0]
  return `${before ? `; nearest before it: ${before.text}` : ''}${behind ? `; nearest behind it: ${behind.text}` : ''}`
}

function nothingPhysical(where: string, manifests: readonly Manifest[]): ArxError {
  const logical = manifests.findLast(({ kind }) => kind === 'dump' || kind === 'copy')
  return new ArxError({
    code: 'no-base-backup',
    message: `${where} holds no base backup: nothing can be replayed to a moment`,
    detail: logical ? `its newest backup is ${logical.label}, which holds the moment of its snapshot` : undefined,
    hint: logical
      ? `arxdb restore run --backup ${logical.label} --into-database NAME`
      : 'arxdb backup list; is the key file the right one?',
    exit: EXIT.refused,
  })
}

const noCandidate = (label: string | undefined, timeline: unknown): ArxError =>
  new ArxError({
    code: 'no-such-backup',
    message:
      label === undefined ? `no backup lies on timeline ${timeline}` : `no base backup "${label}" that can be restored`,
    hint: 'arxdb backup list, or arxdb restore plan without --timeline',
    exit: EXIT.refused,
  })

/** Whoever has put a backup right, or has no other one, goes on from here. */
function unproven(reaching: readonly Candidate[]): string {
  const { label } = reaching.at(-1)!.manifest
  return `the last verification of each backup that reaches it failed: arxdb backup verify ${label} says how it is now, --backup ${label} takes it all the same`
}
