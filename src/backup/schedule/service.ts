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

export const install = writeCrontab

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
  const runs = await readRuns(repository).finally(() => repository.close())
  // Without cron here the jobs may run elsewhere: the records are what counts.
  const installed = await readCrontab(env).then(
    (table) => blockOf(table, blockId(wanted)) ?? [],
    () => [],
  )
  return scheduledJobs(wanted, [], world).map((job) => listed(job, runs, installed, now))
}

function listed(
  { job, cron: planned, words, deadlineMs }: ScheduledJob,
  runs: readonly RunRecord[],
  installed: readonly string[],
  now: Date,
): Listed {
  const line = installed.find((text) => text.includes(` ${words.slice(2, 4).join(' ')} `))
  const cron = line === undefined ? planned : parseCron(line.split(/\s+/).slice(0, 5).join(' '))
  const last = runs.find((run) => run.job === job)
  // The newest moment at which it should have begun by now; an hourly job has one, too.
  const expected = lastDue(cron, new Date(now.getTime() - GRACE_MS))
  const stuck =
    last?.outcome === 'running' &&
    now.getTime() - Date.parse(last.started) > (deadlineMs === 0 ? DAY_MS : deadlineMs) + GRACE_MS
  return {
    ...{ job, schedule: cron.text, installed: line !== undefined },
    last_due: lastDue(cron, now)?.toISOString() ?? null,
    last_run: last?.started ?? null,
    outcome: stuck ? 'failed' : (last?.outcome ?? 'never'),
    host: last?.host ?? null,
    overdue: expected !== undefined && (last === undefined || Date.parse(last.started) < expected.getTime()),
    message: stuck ? 'it never ended: it was killed, or its host went down' : (last?.message ?? null),
  }
}
