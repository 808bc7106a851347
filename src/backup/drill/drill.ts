// A restore for practice: in an isolated server that nobody reaches and that goes afterwards, timed, and its content
// compared with what was backed up. What a drill has not shown, nobody knows.
import type { Connection } from '../../connect/connection.ts'
import { openClient } from '../../db/connect.ts'
import { ArxError, EXIT } from '../../errors.ts'
import type { Env } from '../../programs/run.ts'
import { step } from '../../steps.ts'
import { type CatalogueEntry, readCatalogue } from '../catalogue.ts'
import { compareEvidence } from '../evidence/compare.ts'
import type { Evidence } from '../evidence/evidence.ts'
import { takeEvidence } from '../evidence/take.ts'
import { isOfHost } from '../host-failure.ts'
import type { Manifest } from '../manifest.ts'
import { programsOf } from '../programs.ts'
import { chainLabels, reading } from '../reading.ts'
import type { Repository } from '../repository.ts'
import type { IsolatedServer } from '../restore/isolated.ts'
import type { RecoveryTarget } from '../restore/target.ts'
import type { Key } from '../sealing/keys.ts'
import type { BackupSettings } from '../settings.ts'
import { aimed } from './aimed.ts'
import { recoverableUntil } from './recoverable.ts'
import { stagedLogical, stagedPhysical } from './staged.ts'

export interface DrillTask {
  readonly repository: Repository
  readonly key: Key | undefined
  readonly settings: BackupSettings
  readonly env: Env
  readonly signal: AbortSignal
  /** Another moment than the backup's own mark: then its content has nothing to be compared with but its shape. */
  readonly target?: RecoveryTarget | undefined
  /** False: nobody could tell beforehand whether the target is behind the backup. */
  readonly sure?: boolean | undefined
  /** 4: started and queried. 5: the content compared too. */
  readonly level: 4 | 5
  progress(text: string): void
}

/** A restored server, and how it came there. */
export interface Staged {
  readonly server: IsolatedServer
  readonly database: string
  /** The moment that was restored is the one that the evidence speaks of. */
  readonly atMark: boolean
  readonly reached: string
  readonly remarks: readonly string[]
  discard(): Promise<void>
}

export interface Drilled {
  readonly label: string
  readonly kind: string
  readonly target: string
  readonly passed: boolean
  /** Reached: 5 only when rows were compared exactly. */
  readonly level: 4 | 5
  /** Seconds from the beginning until the server answered, and until its content was checked. */
  readonly restoredSeconds: number
  readonly checkedSeconds: number
  /** Seconds between now and the newest moment that the repository leads to. */
  readonly rpoSeconds: number
  readonly relations: readonly {
    readonly name: string
    readonly kind: string
    readonly rows: string | null
    readonly restored: string | null
  }[]
  readonly problems: readonly string[]
  readonly remarks: readonly string[]
}

/** Restores `label` (the newest good one when left out), judges it and clears it away. A failure is an answer. */
export async function drill(label: string | undefined, task: DrillTask): Promise<Drilled> {
  const entries = await readCatalogue(task.repository, task.key)
  const { entry, sure } = await aimed(label, entries, task)
  const { manifest } = entry
  if (manifest === null || entry.trust === 'forged') throw untrusted(entry)
  return reading(task.repository, chainLabels(manifest, entries), 'backup drill', () =>
    drillManifest(manifest, entries, { ...task, sure }),
  )
}

/** The same for a manifest at hand; `entries` are where its ancestors are found. */
export async function drillManifest(
  manifest: Manifest,
  entries: readonly CatalogueEntry[],
  task: DrillTask,
): Promise<Drilled> {
  const since = performance.now()
  const elapsed = (): number => Math.round(performance.now() - since) / 1000
  const rpoSeconds = Math.max(0, Math.round((Date.now() - (await recoverableUntil(manifest, task)).getTime()) / 1000))
  const programs = programsOf(manifest.server.major, task.settings.bindir, task.env)
  const logical = manifest.kind === 'dump' || manifest.kind === 'copy'
  const bare = { label: manifest.label, kind: manifest.kind, rpoSeconds }
  let staged: Staged
  try {
    staged = await (logical
      ? stagedLogical(manifest, programs, task)
      : stagedPhysical(manifest, entries, programs, task))
  } catch (error) {
    if (task.signal.aborted || !(error instanceof ArxError) || saysNothing(error, task)) throw error
    const why = [error.message, error.detail].filter(Boolean).join(': ')
    const spent = { restoredSeconds: elapsed(), checkedSeconds: elapsed() }
    return {
      ...bare,
      ...spent,
      target: 'none',
      passed: false,
      level: 4,
      relations: [],
      problems: [`it was not restored: ${why}`],
      remarks: [],
    }
  }
  try {
    const restoredSeconds = elapsed()
    task.progress('comparing content')
    step('restored for the drill')
    const found = await evidenceOf(staged.server.connection(staged.database), manifest, task)
    const { problems, remarks, level } = judged(manifest, found, staged, task)
    return {
      ...{
        ...bare,
        target: staged.reached,
        passed: problems.length === 0,
        level,
        restoredSeconds,
        checkedSeconds: elapsed(),
      },
      ...{ relations: sideBySide(manifest.evidence, found), problems, remarks: [...staged.remarks, ...remarks] },
    }
  } finally {
    await staged.discard()
  }
}

const ELSEWHERE: ReadonlySet<number> = new Set([EXIT.unsupported, EXIT.refused, EXIT.connection, EXIT.timeout])

/**
 * What lies in this host, in the target, or on the way to the repository, says nothing of the backup: kept as a failed
 * proof it would have a restore pass over the newest good one.
 */
function saysNothing(error: ArxError, { target, sure = true }: DrillTask): boolean {
  // A moment that somebody typed, and that lies elsewhere.
  if (target && error.code === 'target-too-early') return true
  if (target && !sure && error.code === 'target-not-reached') return true
  if (ELSEWHERE.has(error.exit) || isOfHost(error)) return true
  if (error.code !== 'wal-unavailable') return false
  return !(error.cause instanceof ArxError) || error.cause.code !== 'wal-damaged'
}

async function evidenceOf(
  connection: Connection,
  { evidence }: Manifest,
  { level, progress }: DrillTask,
): Promise<Evidence> {
  const client = await openClient(connection)
  try {
    await client.query('begin isolation level repeatable read read only; set local statement_timeout = 0')
    const digest = level === 5 && (evidence?.relations.some((relation) => relation.digest !== null) ?? false)
    return await takeEvidence(client, { at: new Date().toISOString(), exact: true, digest, progress })
  } finally {
    await client.end().catch(() => {})
  }
}

/**
 * What differs; and whether the comparison could be one of rows. What is otherwise at another moment than the evidence
 * speaks of, new chunks among it, is no fault of the backup: as a failed proof it would have a restore pass over it.
 */
function judged({ evidence }: Manifest, found: Evidence, { atMark }: Staged, { level, target }: DrillTask) {
  if (level === 4) return { problems: [], remarks: [], level: 4 as const }
  if (!evidence) {
    return {
      problems: ['its manifest holds no evidence: there is nothing to compare with'],
      remarks: [],
      level: 4 as const,
    }
  }
  const exact = evidence.exact && atMark
  const differences = compareEvidence({ ...evidence, exact }, found)
  if (exact) return { problems: differences, remarks: [], level: 5 as const }
  const why = evidence.exact ? 'another moment was restored than the evidence speaks of' : evidence.remarks.join('; ')
  const remarks = [`rows were not compared: ${why}`]
  const elsewhen = target !== undefined && target.kind !== 'backup' && !atMark
  if (elsewhen) return { problems: [], remarks: [...remarks, ...differences], level: 4 as const }
  return { problems: differences, remarks, level: 4 as const }
}

function sideBySide(source: Evidence | null, restored: Evidence): Drilled['relations'] {
  const before = new Map(source?.relations.map((one) => [`${one.schema}.${one.name}`, one]))
  const after = new Map(restored.relations.map((one) => [`${one.schema}.${one.name}`, one]))
  return [...new Set([...before.keys(), ...after.keys()])].sort().map((name) => ({
    ...{ name, kind: (after.get(name) ?? before.get(name))!.kind },
    rows: before.get(name)?.rows ?? null,
    restored: after.get(name)?.rows ?? null,
  }))
}

const untrusted = ({ label, trust }: CatalogueEntry): ArxError =>
  new ArxError({
    code: 'untrusted-backup',
    message: `${label} is not restored: its manifest is ${trust}`,
    hint: 'arxdb backup verify says what is wrong with it',
    exit: EXIT.problems,
  })
