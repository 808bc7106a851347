// The jobs that keep backups proven and the server well, when they run, and the command line of each.
import { usageError } from '../../errors.ts'
import type { BackupSettings } from '../settings.ts'
import { type Cron, parseCron } from './cron.ts'

export const JOBS = ['run', 'verify', 'drill', 'prune', 'policy', 'maintain', 'alerts'] as const
export type Job = (typeof JOBS)[number]

/** At night, one after the other; a drill restores everything, so it is weekly. */
const DEFAULTS: Readonly<Record<Job, string>> = {
  run: '15 2 * * *',
  prune: '45 3 * * *',
  verify: '30 4 * * *',
  drill: '0 5 * * 0',
  // For servers without TimescaleDB's own jobs.
  policy: '5 * * * *',
  maintain: '30 0 * * *',
  alerts: '* * * * *',
}

/** When a job runs, in cron's five fields: as configured, else by default. */
export const scheduleOf = (written: BackupSettings['schedule'], job: Job): string => written[job] ?? DEFAULTS[job]

export interface ScheduledJob {
  readonly job: Job
  /** `backup run`: its words after arxdb, without where and how. */
  readonly title: string
  readonly cron: Cron
  /** Words of the command line. */
  readonly words: readonly string[]
  readonly deadlineMs: number
}

export interface JobWorld {
  readonly node: string
  readonly script: string
  /** Where the server is, and which config counts: `--env prod`, `--config /etc/arxdb.json`. */
  readonly globals: readonly string[]
  readonly namesKey: boolean
}

const COMMANDS: Readonly<Record<Job, readonly string[]>> = {
  run: ['backup', 'run'],
  verify: ['backup', 'verify'],
  drill: ['backup', 'drill'],
  prune: ['backup', 'prune', '--yes'],
  policy: ['policy', 'run'],
  // Done before the night's backup begins.
  maintain: ['maintain', '--budget', '1h'],
  alerts: ['alerts', 'run', '--once'],
}

/** Those that keep a record of their runs in the repository, and are scheduled unasked. */
const RECORDED: readonly Job[] = ['run', 'verify', 'drill', 'prune']

/** The jobs asked for (those of backups when none is named), as command lines that need no terminal. */
export function scheduledJobs(
  wanted: BackupSettings,
  asked: readonly string[],
  world: JobWorld,
): readonly ScheduledJob[] {
  // A crontab is no place for a secret: it is shown by crontab -l, and its command lines by ps.
  if (world.globals.some((word) => /^[a-z]+:\/\/[^/@]*:[^/@]+@|[?&]password=/i.test(word))) {
    throw usageError(
      'the connection holds a password, which would stand in a crontab and in ps',
      'name it by --service (pg_service.conf and .pgpass), or by --env with the URL in the config',
    )
  }
  const unknown = asked.find((name) => !JOBS.includes(name as Job))
  if (unknown !== undefined) throw usageError(`there is no job "${unknown}"`, JOBS.join(', '))
  const jobs = JOBS.filter((job) => (asked.length === 0 ? RECORDED.includes(job) : asked.includes(job)))
  return jobs.map((job) => {
    const own = job === 'policy' || job === 'maintain' ? [] : repositoryWords(wanted, job, world)
    return {
      job,
      title: COMMANDS[job].join(' '),
      cron: parseCron(scheduleOf(wanted.schedule, job)),
      words: [world.node, world.script, ...COMMANDS[job], ...own, ...world.globals, '--quiet'],
      deadlineMs: wanted.deadlineMs,
    }
  })
}

function repositoryWords(wanted: BackupSettings, job: Job, { namesKey }: JobWorld): readonly string[] {
  const { repo, s3, keyFile, kind, encrypt, bindir, stanza } = wanted
  const kindOf = [
    '--kind',
    kind,
    ...(encrypt ? ['--encrypt'] : []),
    ...(stanza === undefined ? [] : ['--stanza', stanza]),
  ]
  return [
    ...['--repo', repo],
    ...(namesKey ? ['--key-file', keyFile] : []),
    ...(bindir === undefined ? [] : ['--bindir', bindir]),
    ...(s3.endpoint === undefined ? [] : ['--s3-endpoint', s3.endpoint]),
    ...(s3.region === undefined ? [] : ['--s3-region', s3.region]),
    ...(s3.pathStyle ? ['--s3-path-style'] : []),
    ...(job === 'run' ? kindOf : []),
  ]
}
