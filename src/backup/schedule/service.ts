// The face of the backup area for `arxdb schedule`: what cron or systemd are told, and whether it came to pass.
import { createHash } from 'node:crypto'
import { ArxError, EXIT } from '../../errors.ts'
import type { Env } from '../../programs/run.ts'
import { openRepository } from '../repository.ts'
import { type RunRecord, readRuns } from '../runs.ts'
import type { BackupSettings } from '../settings.ts'
import { lastDue, parseCron } from './cron.ts'
import { blockOf, cronBlock, readCrontab, withBlock, writeCrontab } from './crontab.ts'
import { type Job, type JobWorld, type ScheduledJob, scheduledJobs } from './jobs.ts'
import { systemdUnits } from './systemd.ts'
import { changeUnits, planUnits, timersOf, type UnitChange, type UnitPlace, unitPlace } from './units.ts'

/** Tells the blocks of two repositories apart. */
const blockId = ({ repo }: Pick<BackupSettings, 'repo'>): string =>
  createHash('sha256').update(repo).digest('hex').slice(0, 8)

export interface ScheduleWish {
  readonly jobs: readonly string[]
  readonly log: string | undefined
}

/** Crontab lines, or systemd's units one after the other with their names in front. */
export function print(wanted: BackupSettings, wish: ScheduleWish, format: 'cron' | 'systemd', world: JobWorld): string {
  const jobs = scheduledJobs(wanted, wish.jobs, world)
  const id = blockId(wanted)
  if (format === 'cron') return cronBlock(id, jobs, wish.log)
  return systemdUnits(id, jobs)
    .map(({ name, text }) => `# /etc/systemd/system/${name}\n${text}`)
    .join('\n')
}

export interface Change {
  readonly before: string
  readonly after: string
}

/** What installing would make of the user's crontab. */
export async function planInstall(
  wanted: BackupSettings,
  wish: ScheduleWish,
  world: JobWorld,
  env: Env,
): Promise<Change> {
  const before = await readCrontab(env)
  return { before, after: withBlock(before, blockId(wanted), print(wanted, wish, 'cron', world)) }
}

/** What removing would make of it. Refuses (exit 6) where nothing of this repository is installed. */
export async function planRemove(wanted: BackupSettings, env: Env): Promise<Change> {
  const before = await readCrontab(env)
  const after = withBlock(before, blockId(wanted), '')
  if (after !== before) return { before, after }
  const message = `nothing is scheduled for ${wanted.repo}`
  throw new ArxError({ code: 'not-scheduled', message, hint: 'arxdb schedule list', exit: EXIT.refused })
}

/** Writes the crontab, if it is still the one that the plan was made from. */
export async function install({ before, after }: Change, env: Env): Promise<void> {
  if ((await readCrontab(env)) !== before) {
    throw new ArxError({
      code: 'crontab-changed',
      message: 'somebody changed the crontab meanwhile: nothing was changed',
      hint: 'the same command again',
      exit: EXIT.refused,
    })
  }
  await writeCrontab(after, env)
}

export interface TimerPlan {
  readonly place: UnitPlace
  readonly change: UnitChange
  /** The change for people: a line a file. */
  readonly text: string
}

/** The same for systemd's timers; without a wish, what removing them would do. */
export async function planTimers(
  wanted: BackupSettings,
  wish: ScheduleWish | undefined,
  world: JobWorld,
  place: { readonly folder: string | undefined; readonly env: Env },
): Promise<TimerPlan> {
  const where = unitPlace(place.folder, place.env)
  const id = blockId(wanted)
  const units = wish === undefined ? [] : systemdUnits(id, scheduledJobs(wanted, wish.jobs, world))
  const change = await planUnits(where, id, units)
  const lines = [...change.write.map(({ name }) => `write ${name}`), ...change.remove.map((name) => `remove ${name}`)]
  return { place: where, change, text: lines.map((line) => `${line} in ${where.folder}\n`).join('') }
}

export const changeTimers = ({ place, change }: TimerPlan, env: Env): Promise<void> => changeUnits(place, change, env)

export interface Listed {
  readonly job: Job
  readonly schedule: string
  readonly installed: boolean
  readonly last_due: string | null
  readonly last_run: string | null
  readonly outcome: RunRecord['outcome'] | 'never'
  readonly host: string | null
  readonly overdue: boolean
  readonly message: string | null
}

/** A job may begin so much later than it was due, and its record may be seen so much later. */
const GRACE_MS = 3_600_000
const DAY_MS = 86_400_000

/** Each job beside its last run, by the records in the repository: of whatever host, and of none when it never ran. */
export async function list(wanted: BackupSettings, world: JobWorld, env: Env, now: Date): Promise<readonly Listed[]> {
  const repository = await openRepository(wanted, 'must exist')
  const { created } = repository
  const runs = await readRuns(repository).finally(() => repository.close())
  // Without cron here the jobs may run elsewhere: the records are what counts.
  const installed = await readCrontab(env).then(
    (table) => blockOf(table, blockId(wanted)) ?? [],
    () => [],
  )
  const timers = await timersOf(unitPlace(undefined, env), blockId(wanted))
  const born = Date.parse(created)
  return scheduledJobs(wanted, [], world).map((job) => listed(job, { runs, installed, timers, now, born }))
}

function listed(
  { job, cron: planned, words, deadlineMs }: ScheduledJob,
  about: {
    readonly runs: readonly RunRecord[]
    readonly installed: readonly string[]
    readonly timers: readonly string[]
    readonly now: Date
    /** When the repository was made: nothing was due before. */
    readonly born: number
  },
): Listed {
  const { runs, installed, timers, now, born } = about
  const line = installed.find((text) => text.includes(` ${words.slice(2, 4).join(' ')} `))
  const cron = line === undefined ? planned : parseCron(line.split(/\s+/).slice(0, 5).join(' '))
  const last = runs.find((run) => run.job === job)
  // The newest moment at which it should have begun by now; an hourly job has one, too.
  const expected = lastDue(cron, new Date(now.getTime() - GRACE_MS))
  const stuck =
    last?.outcome === 'running' &&
    now.getTime() - Date.parse(last.started) > (deadlineMs === 0 ? DAY_MS : deadlineMs) + GRACE_MS
  return {
    ...{ job, schedule: cron.text, installed: line !== undefined || timers.includes(job) },
    last_due: lastDue(cron, now)?.toISOString() ?? null,
    last_run: last?.started ?? null,
    outcome: stuck ? 'failed' : (last?.outcome ?? 'never'),
    host: last?.host ?? null,
    overdue: expected !== undefined && (last ? Date.parse(last.started) : born) < expected.getTime(),
    message: stuck ? 'it never ended: it was killed, or its host went down' : (last?.message ?? null),
  }
}
