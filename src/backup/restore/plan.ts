// What a restore would do, and whether it would succeed, before anything is touched.
import { ArxError, EXIT } from '../../errors.ts'
import type { Env } from '../../programs/run.ts'
import { roughly } from '../../wording.ts'
import { readCatalogue } from '../catalogue.ts'
import type { Manifest } from '../manifest.ts'
import { type Programs, programsOf } from '../programs.ts'
import { readProofs } from '../proofs.ts'
import type { Repository } from '../repository.ts'
import type { Key } from '../sealing/keys.ts'
import type { BackupSettings } from '../settings.ts'
import type { SystemArchive } from '../wal/archive.ts'
import { lsnBytes } from '../wal/names.ts'
import { type Candidate, candidates, isPhysical, micros, obstacle, trusted, windowText } from './choose.ts'
import { type Finding, postgresFits, roomFits, timescaledbFits } from './fitness.ts'
import { type CommitSearch, lastCommit } from './last-commit.ts'
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
  const { repository, key, settings, target, timeline, label, into, env, signal } = options
  const entries = await readCatalogue(repository, key)
  const named = entries.filter((entry) => label === undefined || entry.label.startsWith(label))
  const manifests = trusted(entries, key !== undefined)
  const newest = manifests.findLast(isPhysical)
  if (!newest) throw nothingPhysical(repository.store.where, manifests)
  const { systemId } = (manifests.find((one) => named.length === 1 && one.label === named[0]!.label) ?? newest).server
  const proofs = await readProofs(repository, key)
  const own = manifests.filter((one) => isPhysical(one) && one.server.systemId === systemId)
  const isAsked = (manifest: Manifest): boolean => label === undefined || manifest.label.startsWith(label)
  const homes = await homesOf(own.filter(isAsked), { repository, key, env, signal })
  const all = candidates({ manifests: own, proofs, homeOf: homes.of, timeline })
  const asked = all.filter(({ manifest }) => isAsked(manifest))
  if (asked.length === 0) throw homes.failure ?? noCandidate(label, timeline)

  const programs = programsOf(newest.server.major, settings.bindir, env)
  const { commitOf, unknown } = await lastCommits(asked.slice(-SHOWN), { programs, env, signal })
  const reaching = asked.filter((one) => obstacle(one, target, commitOf(one)) === undefined)
  // One whose last verification failed is taken only when it is named.
  const chosen = reaching.findLast(({ proven }) => proven !== undefined || label !== undefined)
  const windows = asked.slice(-SHOWN).map((one): Finding => {
    const outcome = one.window.gap ? 'warning' : 'note'
    return { check: 'window', outcome, detail: windowText(one, commitOf(one)) }
  })
  const around = [
    ...windows,
    ...unknown,
    ...homes.findings,
    ...branchFindings((chosen ?? asked.at(-1)!).home.archive, chosen, timeline),
    ...damageFindings((chosen ?? asked.at(-1)!).home.archive),
  ]
  if (!chosen) {
    const why = asked.at(-1)!
    const nearest = nearestText(asked, target, commitOf)
    const detail = `${obstacle(why, target, commitOf(why)) ?? 'the last verification of each backup that reaches it failed'}${nearest}`
    return {
      ...{ chosen, programs: undefined },
      findings: [{ check: 'target', outcome: 'problem', detail }, ...around],
    }
  }
  const { manifest, chain } = chosen
  const here = programsOf(manifest.server.major, settings.bindir, env)
  const timescaledb = await timescaledbFits(manifest, here, env)
  const findings: Finding[] = [
    targetFinding(target, chosen, commitOf(chosen)),
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

/** When the last commit was that each of them leads to; and why that is not known. */
async function lastCommits(
  asked: readonly Candidate[],
  search: Pick<CommitSearch, 'programs' | 'env' | 'signal'>,
): Promise<{ commitOf: (one: Candidate) => string | undefined; unknown: readonly Finding[] }> {
  const commits = new Map<string, string | undefined>()
  const unknown: Finding[] = []
  const at = ({ home, window }: Candidate): string => `${home.where} ${window.lastSegment}`
  for (const one of asked) {
    if (commits.has(at(one))) continue
    const { source, archive } = one.home
    try {
      commits.set(at(one), await lastCommit(one.window, { ...search, source, segmentBytes: archive.segmentBytes }))
    } catch (error) {
      // What a restore can read, and only this plan cannot.
      if (!(error instanceof ArxError) || !UNREAD.has(error.code)) throw error
      commits.set(at(one), undefined)
      const detail = `when the last commit was is seen only while WAL is replayed: ${error.message}`
      unknown.push({ check: 'window', outcome: 'note', detail })
    }
  }
  return { commitOf: (one) => commits.get(at(one)), unknown }
}

const UNREAD: ReadonlySet<string> = new Set(['pgbackrest-compression', 'no-zstd'])

/** What cannot be known beforehand is said. */
function targetFinding(target: RecoveryTarget, { manifest, window }: Candidate, commit: string | undefined): Finding {
  const check = 'target'
  const text = targetText(target)
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

function durationText({ manifest, window }: Candidate, proofs: Awaited<ReturnType<typeof readProofs>>): string {
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
