// The face of verification for `arxdb backup verify`: which backups, with their ancestors; what was found is kept as proof.
import { interrupted } from '../../db/session.ts'
import { ArxError, EXIT, usageError } from '../../errors.ts'
import type { Env } from '../../programs/run.ts'
import { step } from '../../steps.ts'
import { type CatalogueEntry, findBackup, readCatalogue, rereadBackup } from '../catalogue.ts'
import { keepProof, type Level } from '../proofs.ts'
import { chainLabels, markReading } from '../reading.ts'
import { openRepository } from '../repository.ts'
import { beginRun } from '../runs.ts'
import { findKey } from '../sealing/keys.ts'
import type { BackupSettings } from '../settings.ts'
import { type Climb, climbed } from './ladder.ts'

export interface VerifyOptions {
  /** A label, or a beginning of one; the newest when nothing is said. */
  readonly label: string | undefined
  readonly all: boolean
  readonly level: Level
  readonly skipChecksums: boolean
  /** False: nothing is written, so a repository that can only be read will do. */
  readonly record: boolean
  readonly env: Env
  readonly signal: AbortSignal
  readonly onProgress?: ((told: { label: string; bytes: number; total: number }) => void) | undefined
}

export interface Verified {
  readonly label: string
  readonly kind: string | null
  readonly level: Level
  /** `not possible`: a program or this arxdb lacks something; nothing is said of the backup. */
  readonly outcome: 'passed' | 'failed' | 'not possible'
  readonly bytes: number
  readonly seconds: number
  readonly problems: readonly string[]
  readonly warnings: readonly string[]
}

/** Verifies and records. Throws when there is nothing to verify, or the repository does not answer. */
export async function verify(settings: BackupSettings, options: VerifyOptions): Promise<readonly Verified[]> {
  if (options.all && options.label !== undefined) throw usageError('--all and a label are two answers', 'one of them')
  const key = await findKey(settings.keyFile)
  const repository = await openRepository(settings, 'must exist')
  try {
    const entries = await readCatalogue(repository, key)
    const wanted = options.all ? entries : [await findBackup(repository, key, options.label ?? 'latest')]
    if (wanted.length === 0) throw nothing(repository.store.where)
    const run = options.record ? await beginRun(repository, 'verify') : undefined
    try {
      const done = await each(withAncestors(wanted, entries), { ...options, settings, repository, key })
      if (done.length === 0) throw pruned(wanted[0]!.label, repository.store.where)
      const failed = done.filter(({ outcome }) => outcome === 'failed').map(({ label }) => label)
      await run?.end(failed.length > 0 ? 'failed' : 'ok', {
        ...(wanted.length === 1 ? { label: wanted[0]!.label } : {}),
        message:
          failed.length > 0 ? `problems in ${failed.join(', ')}` : `${done.length} passed level ${options.level}`,
      })
      return done
    } catch (error) {
      const failure = options.signal.aborted ? interrupted(error) : error
      await run?.end('failed', { message: (failure as Error).message }).catch(() => {})
      throw failure
    }
  } finally {
    await repository.close()
  }
}

type Task = VerifyOptions & Pick<Climb, 'settings' | 'repository' | 'key'>

/** Oldest first, so that what a backup stands on was judged before it. */
async function each(entries: readonly CatalogueEntry[], task: Task): Promise<readonly Verified[]> {
  const done = new Map<string, Verified>()
  for (const entry of entries) {
    step('verifying', entry.label)
    const labels = entry.manifest ? chainLabels(entry.manifest, entries) : []
    // Who may write nothing reads without a mark.
    const mark = task.record && task.level > 0 ? await markReading(task.repository, labels, 'backup verify') : undefined
    const verified = await one(entry, done, task).finally(() => mark?.end())
    step('verified', entry.label)
    // It was pruned meanwhile: nothing can be said of it.
    if (!(await rereadBackup(task.repository, task.key, entry.label))) continue
    done.set(entry.label, verified)
    // With another key at hand than its own, a failure says nothing of the backup.
    if (!task.record || verified.outcome === 'not possible' || entry.trust === 'unknown-key') continue
    await keepProof(task.repository, task.key, {
      ...{ label: entry.label, at: new Date().toISOString(), problems: verified.problems },
      // Without checksums the levels above prove less than they say; what they find is found all the same.
      level: task.skipChecksums && verified.outcome === 'passed' ? 0 : task.level,
      passed: verified.outcome === 'passed',
    })
  }
  return [...done.values()]
}

async function one(entry: CatalogueEntry, done: ReadonlyMap<string, Verified>, task: Task): Promise<Verified> {
  const from = performance.now()
  const total = entry.manifest?.objects.reduce((sum, { bytes }) => sum + bytes, 0) ?? 0
  let bytes = 0
  const read = (more: number): void => {
    bytes += more
    task.onProgress?.({ label: entry.label, bytes, total })
  }
  const told = (outcome: Verified['outcome'], problems: readonly string[], warnings: readonly string[]): Verified => ({
    ...{ label: entry.label, kind: entry.manifest?.kind ?? null, level: task.level, outcome, bytes: total },
    ...{ seconds: Math.round(performance.now() - from) / 1000, problems, warnings },
  })
  const inherited = inheritedProblems(entry, done)
  try {
    const { problems, warnings } = await climbed(entry, { ...task, read })
    // What a decoder complains of when it is stopped is no problem of the backup.
    task.signal.throwIfAborted()
    const all = [...problems, ...inherited]
    return told(all.length > 0 ? 'failed' : 'passed', all, warnings)
  } catch (error) {
    if (!(error instanceof ArxError && error.exit === EXIT.unsupported)) throw error
    return told('not possible', [error.message], error.hint === undefined ? [] : [error.hint])
  }
}

/** An incremental is worth what the backups below it are. */
function inheritedProblems({ manifest }: CatalogueEntry, done: ReadonlyMap<string, Verified>): readonly string[] {
  const parent = manifest?.parent ?? null
  if (parent === null) return []
  const below = done.get(parent)
  if (!below) return [`its parent ${parent} is not in the repository`]
  return below.outcome === 'failed' ? [`its parent ${parent} has problems`] : []
}

/** What is wanted and all that it stands on, oldest first. Labels sort by time, and a parent is older than its child. */
function withAncestors(wanted: readonly CatalogueEntry[], all: readonly CatalogueEntry[]): readonly CatalogueEntry[] {
  const byLabel = new Map(all.map((entry) => [entry.label, entry]))
  const found = new Map<string, CatalogueEntry>()
  const visit = (entry: CatalogueEntry | undefined): void => {
    if (!entry || found.has(entry.label)) return
    found.set(entry.label, entry)
    if (entry.manifest?.parent) visit(byLabel.get(entry.manifest.parent))
  }
  for (const entry of wanted) visit(entry)
  return [...found.values()].sort((a, b) => (a.label < b.label ? -1 : 1))
}

const pruned = (label: string, where: string): ArxError =>
  new ArxError({
    code: 'no-such-backup',
    message: `${label} is no more in ${where}: it was pruned while it was verified`,
    hint: 'arxdb backup list',
  })

const nothing = (where: string): ArxError =>
  new ArxError({
    code: 'no-such-backup',
    message: `there is no backup in ${where}`,
    hint: 'arxdb backup run makes one',
  })
