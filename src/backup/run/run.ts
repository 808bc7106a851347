// `arxdb backup run`: one at a time, into files, into the repository, and last the manifest, which makes it a backup.
import { rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import type { Connection } from '../../connect/connection.ts'
import { ArxError, EXIT } from '../../errors.ts'
import type { Env } from '../../programs/run.ts'
import { packageVersion } from '../../statements/package-root.ts'
import { step } from '../../steps.ts'
import { takeLock } from '../../storage/lock.ts'
import { LABEL, manifestKey, signed } from '../catalogue.ts'
import { newLabel } from '../label.ts'
import { takeLease } from '../lease.ts'
import type { Manifest } from '../manifest.ts'
import type { Making } from '../methods/method.ts'
import { methodOf } from '../methods/registry.ts'
import { programsOf } from '../programs.ts'
import { openRepository, type Repository } from '../repository.ts'
import { beginRun } from '../runs.ts'
import { ensureKey, type Key } from '../sealing/keys.ts'
import type { BackupSettings } from '../settings.ts'
import { runFolder } from '../staging.ts'
import { lookAt } from '../verify/present.ts'
import { announce } from './announce.ts'
import { sweepLeftovers } from './leftovers.ts'
import { namingFolder } from './no-space.ts'
import { publishFiles, unpublish } from './publish.ts'
import { readServer } from './server.ts'

export const COMMAND = 'backup run'

export interface RunWorld {
  readonly env: Env
  readonly signal: AbortSignal
  now(): Date
  progress(text: string): void
}

export interface RunOutcome {
  readonly manifest: Manifest
  readonly seconds: number
  /** For people: a key that was made, warnings of tools, hooks that failed. */
  readonly remarks: readonly string[]
}

/** Makes one backup. Nothing is listed unless all of it is there; a failure leaves the backups before it untouched. */
export async function runBackup(
  connection: Connection,
  settings: BackupSettings,
  world: RunWorld,
): Promise<RunOutcome> {
  try {
    return await locked(connection, settings, world)
  } catch (error) {
    // One that another is at work beside is no failure of that other's.
    if (!['lease-busy', 'lock-busy'].includes((error as ArxError).code)) {
      await announce('failed', settings, { message: (error as Error).message }, world).catch(() => [])
    }
    throw error
  }
}

async function locked(connection: Connection, settings: BackupSettings, world: RunWorld): Promise<RunOutcome> {
  const remarks: string[] = []
  const repository = await openRepository(settings, 'make')
  try {
    const { key, made } = await ensureKey(settings.keyFile)
    if (made) remarks.push(`made the key ${settings.keyFile}: keep a copy of it on another machine`)
    const lease = await takeLease(repository, 'repository', COMMAND, undefined, (text) => world.progress(text))
    try {
      const lock = await takeLock(connection, 'arxdb backup', COMMAND)
      try {
        const check = (): void => {
          lease.check()
          lock.check()
        }
        const confirm = (): Promise<void> => lease.confirm()
        return await recorded({ connection, settings, world, repository, key, check, confirm, remarks })
      } finally {
        await lock.release()
      }
    } finally {
      await lease.release()
    }
  } finally {
    await repository.close()
  }
}

interface Job {
  readonly connection: Connection
  readonly settings: BackupSettings
  readonly world: RunWorld
  readonly repository: Repository
  readonly key: Key
  readonly remarks: string[]
  check(): void
  /** Asks the repository itself whether the lease is still ours. */
  confirm(): Promise<void>
}

/** With a record of the run, its deadline, and the hook and heartbeat of one that went well. */
async function recorded(job: Job): Promise<RunOutcome> {
  const { settings, world, repository, remarks } = job
  const began = performance.now()
  const record = await beginRun(repository, 'run')
  const deadline = settings.deadlineMs > 0 ? AbortSignal.timeout(settings.deadlineMs) : undefined
  const signal = deadline ? AbortSignal.any([world.signal, deadline]) : world.signal
  let manifest: Manifest
  try {
    await announce('before', settings, {}, world)
    manifest = await make({ ...job, world: { ...world, signal } })
  } catch (error) {
    const failure = deadline?.aborted && !world.signal.aborted ? late(settings.deadlineMs, error) : (error as Error)
    const unheard = await unrecorded(record.end('failed', { message: failure.message }))
    throw unheard ? withDetail(failure, unheard) : failure
  }
  const { label, warnings } = manifest
  remarks.push(...warnings)
  // The backup is there and whole: that its record could not be written makes it no failure.
  const unheard = await unrecorded(record.end('ok', { label }))
  if (unheard) remarks.push(`${label} is made; ${unheard}`)
  remarks.push(...(await announce('after', settings, { label }, world)))
  return { manifest, seconds: (performance.now() - began) / 1000, remarks }
}

/** Why the record of the run does not say how it ended. */
const unrecorded = (ending: Promise<void>): Promise<string | undefined> =>
  ending.then(
    () => undefined,
    ({ message, detail }: ArxError) =>
      `the record of this run could not be completed, and says that it is running: ${[message, detail].filter(Boolean).join(': ')}`,
  )

/** Neither may hide the other: why the run failed, and that its record does not tell. */
function withDetail(failure: Error, more: string): ArxError {
  const { code = 'failed', message, detail, hint, exit } = failure as Partial<ArxError> & Error
  return new ArxError({ code, message, detail: [detail, more].filter(Boolean).join('; '), hint, exit, cause: failure })
}

const late = (deadlineMs: number, cause: unknown): ArxError =>
  new ArxError({
    code: 'deadline',
    message: `the backup was not ready after ${deadlineMs / 1000} s`,
    detail: (cause as Error).message,
    hint: 'give it longer with --deadline; nothing of it was published',
    exit: EXIT.timeout,
    cause,
  })

async function make(job: Job): Promise<Manifest> {
  const { connection, settings, world, repository, key } = job
  const method = await methodOf(settings.kind)
  const server = await readServer(connection)
  await sweepLeftovers(repository)
  const started = world.now()
  const label = newLabel(settings.kind, started, await newest(repository))
  const staging = await stagingFolder(repository, settings, label)
  step('staging made')
  const making: Making = {
    ...{ label, connection, settings, repository, key, staging, server },
    programs: programsOf(server.major, settings.bindir, world.env),
    signal: world.signal,
    check() {
      world.signal.throwIfAborted()
      job.check()
    },
    progress: (text) => world.progress(text),
    env: world.env,
  }
  try {
    await method.preflight(making)
    step('preflight done')
    const outcome = await method.make(making)
    step('staged')
    const objects = await publishFiles(outcome.files, making)
    const { wal, mark, evidence, parent, tools, warnings } = outcome
    const manifest: Manifest = {
      // The label may be ahead, where a clock once was; and a clock that was set back meanwhile makes no end before the start.
      ...{ format: 1, label, kind: settings.kind, started: started.toISOString() },
      ...{
        ended: new Date(Math.max(started.getTime(), world.now().getTime())).toISOString(),
        arxdb: packageVersion(),
        host: hostname(),
        server,
      },
      ...{ wal, mark, parent, objects, tools, evidence, warnings, method: outcome.method },
    }
    making.check()
    step('stored all')
    await job.confirm()
    await repository.store.put(manifestKey(label), signed(manifest, key))
    await job.confirm().catch((error: unknown) => assertWhole(repository, manifest, error))
    step('published', label)
    return manifest
  } catch (error) {
    await unpublish(repository, label).catch(() => {})
    throw namingFolder(error, dirname(staging))
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

/**
 * Who stood still between asking for the lease and publishing may have lost it meanwhile, and with it what a sweep or a
 * prune took for abandoned. A backup that is whole all the same stays.
 */
async function assertWhole(repository: Repository, manifest: Manifest, lost: unknown): Promise<void> {
  const { problems } = await lookAt(repository, manifest, false)
  const { parent } = manifest
  if (problems.length > 0 || (parent !== null && !(await repository.store.stat(manifestKey(parent))))) throw lost
}

/** The newest label of the repository, with a manifest or without. */
async function newest({ store }: Repository): Promise<string | undefined> {
  const labels = (await store.list('backups/'))
    .map(({ key }) => key.split('/')[1]!)
    .filter((label) => LABEL.test(label))
  return labels.sort().at(-1)
}

/**
 * Where the files are made. In the repository's own file system they need not be copied; what is to be encrypted is never
 * put there in the clear.
 */
async function stagingFolder({ store }: Repository, settings: BackupSettings, label: string): Promise<string> {
  const parent = store.staging && !settings.encrypt ? store.staging : settings.staging
  try {
    return await runFolder(parent, label)
  } catch (error) {
    throw namingFolder(error, parent)
  }
}
