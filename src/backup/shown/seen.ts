// The repository as health wants to see it: ages and not lists.
import { CLOCKS_APART_MS } from '../../clocks.ts'
import { provenLevel } from '../proofs.ts'
import { readShelf } from '../prune/shelf.ts'
import { openRepository } from '../repository.ts'
import { readRuns } from '../runs.ts'
import { lastDue, parseCron } from '../schedule/cron.ts'
import { scheduleOf } from '../schedule/jobs.ts'
import { findKey } from '../sealing/keys.ts'
import { type BackupFlags, backupSettings, type SettingsWorld, type WrittenBackup } from '../settings.ts'
import { readArchive } from '../wal/archive.ts'
import { readKnownGaps } from '../wal/known-gaps.ts'
import { archiveRows } from '../wal/report.ts'

/** Moments are ISO 8601. */
export interface Seen {
  readonly newestGood: string | null
  /** The newest restore that was proven: a drill, or a verification at level 4 and above, of any backup that is there. */
  readonly newestProof: string | null
  /** The newest ended run of `backup run`, where it failed. */
  readonly failed: { readonly at: string; readonly message: string } | null
  /** How often they are wanted, in seconds. */
  readonly everySeconds: number
  readonly drillEverySeconds: number
  /** WAL of the cluster asked for: by timeline the number of its newest segment, and the holes that a backup needs filled and nobody acknowledged; null where there is none. */
  readonly archive: {
    readonly newest: Readonly<Record<number, number>>
    readonly segmentBytes: number
    readonly gaps: number
  } | null
}

/** Rows for a timeline: what ran lately, newest first. Undefined where no repository is named; a place that is none throws. */
export function recentRuns(written: WrittenBackup, flags: BackupFlags, world: SettingsWorld & { now(): Date }) {
  if (!isNamed(written, flags, world)) return undefined
  return async () => {
    const repository = await openRepository(backupSettings(written, flags, world), 'must exist')
    try {
      return (await readRuns(repository, 50)).map(({ job, started, ended, outcome, label, message }) => ({
        ...{ at: started, what: `backup ${job}`, outcome, detail: message ?? label },
        seconds: ended === null ? null : (Date.parse(ended) - Date.parse(started)) / 1000,
      }))
    } finally {
      await repository.close()
    }
  }
}

const isNamed = (written: WrittenBackup, { repo }: BackupFlags, { env }: SettingsWorld): boolean =>
  (repo ?? (env.ARXDB_BACKUP_REPO || undefined) ?? written.repo) !== undefined

/** Reads the repository when it is asked for; undefined where flags, environment and config name none. */
export function seen(
  written: WrittenBackup,
  flags: BackupFlags,
  world: SettingsWorld & { now(): Date },
): ((systemId: string) => Promise<Seen>) | undefined {
  if (!isNamed(written, flags, world)) return undefined
  return async (systemId) => {
    const settings = backupSettings(written, flags, world)
    const repository = await openRepository(settings, 'must exist')
    try {
      const shelf = await readShelf(repository, await findKey(settings.keyFile))
      const good = shelf.backups.filter(({ status }) => status === 'good' || status === 'unknown key')
      const proven = good.flatMap(({ proofs }) =>
        provenLevel(proofs) >= 4 ? proofs.filter(({ passed, level }) => passed && level >= 4) : [],
      )
      const last = (await readRuns(repository)).find(({ job, outcome }) => job === 'run' && outcome !== 'running')
      const [archive] = await readArchive(repository, { systemId })
      const manifests = shelf.backups.flatMap(({ entry }) => (entry.manifest ? [entry.manifest] : []))
      const now = world.now()
      const runs = [...(archive?.timelines.values() ?? [])].filter(({ runs }) => runs.length > 0)
      return {
        newestGood: newestOf(
          good.flatMap(({ entry }) => (entry.manifest ? [entry.manifest.ended] : [])),
          now,
        ),
        newestProof: latest(proven.map(({ at }) => at)),
        failed: last?.outcome === 'failed' ? { at: last.started, message: last.message ?? 'it did not say why' } : null,
        everySeconds: every(scheduleOf(settings.schedule, 'run'), now),
        drillEverySeconds: every(scheduleOf(settings.schedule, 'drill'), now),
        archive: archive
          ? {
              newest: Object.fromEntries(runs.map((one) => [one.timeline, one.runs.at(-1)!.last])),
              segmentBytes: archive.segmentBytes,
              gaps: archiveRows(archive, manifests, await readKnownGaps(repository)).filter(
                ({ what, state }) => what === 'gap' && state === 'problem',
              ).length,
            }
          : null,
      }
    } finally {
      await repository.close()
    }
  }
}

/** One made under a clock that was ahead would look like the newest until that day: it counts only where no other does. */
function newestOf(ended: readonly string[], now: Date): string | null {
  return latest(ended.filter((moment) => Date.parse(moment) <= now.getTime() + CLOCKS_APART_MS)) ?? latest(ended)
}

const latest = (moments: readonly string[]): string | null => [...moments].sort().at(-1) ?? null

/** Between the last two moments at which the schedule was due; a day where it tells none. */
function every(schedule: string, now: Date): number {
  const cron = parseCron(schedule)
  const last = lastDue(cron, now)
  const before = last && lastDue(cron, new Date(last.getTime() - 60_000))
  return before ? (last.getTime() - before.getTime()) / 1000 : 86_400
}
