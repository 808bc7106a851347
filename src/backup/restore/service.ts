// The face of restores for `arxdb restore`: where things are, and the repository opened and closed around.
import { resolve } from 'node:path'
import type { Connection } from '../../connect/connection.ts'
import { usageError } from '../../errors.ts'
import type { Env } from '../../programs/run.ts'
import { findBackup, readCatalogue } from '../catalogue.ts'
import { programsOf } from '../programs.ts'
import { reading } from '../reading.ts'
import { openRepository, type Repository } from '../repository.ts'
import { findKey, type Key } from '../sealing/keys.ts'
import type { BackupSettings } from '../settings.ts'
import { restoreReaching } from './attempts.ts'
import { restoreLogical } from './logical.ts'
import { lookInto as look } from './open.ts'
import { resumeJobs } from './paused-jobs.ts'
import { planRestore } from './plan.ts'
import type { Ran, RunOptions } from './run.ts'
import { readTarget } from './target.ts'

export interface Wanted {
  /** `--to`; everything that can be had, when left out. */
  readonly to: string | undefined
  /** Only where it was said: a config's zone says how times are shown, and not which one was meant. */
  readonly tz: string | undefined
  readonly timeline: string | undefined
  readonly backup: string | undefined
  readonly into: string | undefined
}

export interface World {
  readonly env: Env
  readonly cwd: string
  readonly signal: AbortSignal
}

const DEFAULT_INTO = 'restored'

function timelineOf(text: string | undefined): number | 'latest' | undefined {
  if (text === undefined || text === 'latest') return text
  if (!/^[1-9]\d{0,8}$/.test(text)) throw usageError(`"${text}" is no timeline`, '--timeline 2, or latest')
  return Number(text)
}

async function opened<T>(
  settings: BackupSettings,
  body: (repository: Repository, key: Key | undefined) => Promise<T>,
): Promise<T> {
  const key = await findKey(settings.keyFile)
  const repository = await openRepository(settings, 'must exist')
  try {
    return await body(repository, key)
  } finally {
    await repository.close()
  }
}

const planned = (settings: BackupSettings, wanted: Wanted, { env, cwd, signal }: World) => ({
  ...{ settings, env, signal, label: wanted.backup, timeline: timelineOf(wanted.timeline) },
  target: readTarget(wanted.to ?? 'latest', wanted.tz),
  into: resolve(cwd, wanted.into ?? DEFAULT_INTO),
})

/** What a restore would do, and whether it would succeed. */
export function plan(settings: BackupSettings, wanted: Wanted, world: World, progress: (text: string) => void) {
  const options = planned(settings, wanted, world)
  return opened(settings, async (repository, key) => {
    const { chosen, findings } = await planRestore({ ...options, repository, key, progress })
    const { s3, bindir, repo, keyFile } = settings
    // All of it: who types this has no time to look for what the plan knew from flags or a config elsewhere.
    const words = [
      ...['arxdb restore run', `--repo ${quoted(repo)}`, `--key-file ${quoted(keyFile)}`],
      ...(s3.endpoint === undefined ? [] : [`--s3-endpoint ${quoted(s3.endpoint)}`]),
      ...(s3.region === undefined ? [] : [`--s3-region ${quoted(s3.region)}`]),
      ...(s3.pathStyle ? ['--s3-path-style'] : []),
      ...(bindir === undefined ? [] : [`--bindir ${quoted(bindir)}`]),
      `--to ${quoted(wanted.to ?? 'latest')}`,
      ...(wanted.tz === undefined ? [] : [`--tz ${wanted.tz}`]),
      ...(wanted.timeline === undefined ? [] : [`--timeline ${wanted.timeline}`]),
      ...(wanted.backup === undefined ? [] : [`--backup ${wanted.backup}`]),
      `--into ${quoted(options.into)}`,
    ]
    return { findings, type: chosen ? words.join(' ') : undefined }
  })
}

const quoted = (text: string): string => (/^[\w./:+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`)

/** Restores a base backup into a directory. */
export function run(
  settings: BackupSettings,
  wanted: Wanted & { readonly into: string; readonly tablespaces: readonly string[] },
  world: World,
  talk: Pick<RunOptions, 'confirm' | 'progress'>,
): Promise<Ran> {
  const options = planned(settings, wanted, world)
  const tablespaces = new Map(
    wanted.tablespaces.map((pair) => {
      const [from, to, ...more] = pair.split('=')
      if (!from || !to?.startsWith('/') || more.length > 0) {
        throw usageError(`"${pair}" maps no tablespace`, '--tablespace /old/place=/new/place')
      }
      return [from, to] as const
    }),
  )
  return opened(settings, (repository, key) => restoreReaching({ ...options, repository, key, tablespaces, ...talk }))
}

/** Restores a dump or a copy into a new database of the server that is connected to. */
export function runLogical(
  settings: BackupSettings,
  {
    server,
    database,
    backup,
    jobs,
  }: { server: Connection; database: string; backup: string | undefined; jobs: number },
  { env, signal }: World,
  progress: (text: string) => void,
) {
  return opened(settings, async (repository, key) => {
    const logical = (await readCatalogue(repository, key)).filter(
      ({ trust, manifest }) => trust !== 'forged' && (manifest?.kind === 'dump' || manifest?.kind === 'copy'),
    )
    const { manifest } = await findBackup(repository, key, backup ?? logical.at(-1)?.label ?? 'latest')
    if (!manifest || !logical.some(({ label }) => label === manifest.label)) {
      throw usageError('only a dump or a copy goes into a database', '--into DIR for a base backup')
    }
    const programs = programsOf(manifest.server.major, settings.bindir, env)
    const since = performance.now()
    const restore = { repository, key, settings, manifest, server, database, jobs, programs, env, signal, progress }
    const { warnings, pausedJobs } = await reading(repository, [manifest.label], 'restore run', () =>
      restoreLogical(restore),
    )
    return { label: manifest.label, database, seconds: (performance.now() - since) / 1000, warnings, pausedJobs }
  })
}

/** Has the jobs of a restored database run again. */
export const openDatabase = (server: Connection, database: string) => resumeJobs({ ...server, database })

/** A restored directory, looked into before it is opened. */
export const lookInto = (dataDir: string, bindir: string | undefined, { env, cwd, signal }: World) =>
  look({ dataDir: resolve(cwd, dataDir), bindir: bindir === undefined ? undefined : resolve(cwd, bindir), env, signal })
