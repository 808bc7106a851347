// The face of the backup area for `arxdb wal`.
import { homedir, tmpdir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import type { Connection } from '../../connect/connection.ts'
import { ArxError, EXIT } from '../../errors.ts'
import type { Env } from '../../programs/run.ts'
import { openRepository } from '../repository.ts'
import { findKey } from '../sealing/keys.ts'
import { type BackupSettings, backupSettings } from '../settings.ts'
import { acknowledgements } from './acknowledged.ts'
import { fetchFile } from './fetch.ts'
import { pushFile } from './push.ts'
import * as setting from './setup.ts'
import { type StatusTask, walStatus } from './status.ts'

export const settings = backupSettings

export interface WalWorld {
  readonly env: Env
  readonly cwd: string
  readonly signal: AbortSignal
  readonly systemId?: string | undefined
  readonly deadlineMs: number
}

/** Stores one file of pg_wal; see push.ts. */
export const push = (path: string, wanted: BackupSettings, world: WalWorld, batch: boolean) =>
  within(world, 'push', (signal) =>
    pushFile(isAbsolute(path) ? path : join(world.cwd, path), {
      ...{ settings: wanted, signal, batch, systemId: world.systemId },
      key: () => findKey(wanted.keyFile),
      acknowledged: acknowledged(wanted, world.env),
    }),
  )

/** Brings one file back; see fetch.ts. */
export const bring = (name: string, path: string, wanted: BackupSettings, world: WalWorld) =>
  within(world, 'fetch', (signal) =>
    fetchFile(name, path, {
      ...{ address: wanted, cwd: world.cwd, signal, systemId: world.systemId },
      key: () => findKey(wanted.keyFile),
    }),
  )

/** Ends at the deadline even where the store says nothing at all. */
async function within<T>(
  { signal, deadlineMs }: WalWorld,
  verb: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = AbortSignal.timeout(deadlineMs)
  const both = AbortSignal.any([signal, deadline])
  const ended = new Promise<never>((_, reject) => {
    both.addEventListener('abort', () => reject(late(verb, deadlineMs, signal.aborted)), { once: true })
  })
  return Promise.race([work(both), ended])
}

const late = (verb: string, deadlineMs: number, interrupted: boolean): ArxError =>
  interrupted
    ? new ArxError({ code: 'interrupted', message: 'interrupted', exit: EXIT.interrupted })
    : new ArxError({
        code: 'wal-late',
        message: `wal ${verb} was not done after ${deadlineMs / 1000} s`,
        hint: 'PostgreSQL tries again; is the repository reachable? --deadline gives it longer',
        exit: EXIT.timeout,
      })

/** A folder answers by itself as fast as a note does. */
const acknowledged = ({ repo, s3 }: BackupSettings, env: Env) =>
  repo.startsWith('s3://')
    ? (id: string) => acknowledgements(stateFolder(env), `${s3.endpoint ?? ''} ${repo}`, id)
    : undefined

/** Notes of this user, on this host; /tmp is checked for whose folder it is. */
function stateFolder(env: Env): string {
  const xdg = env.XDG_STATE_HOME
  if (xdg && isAbsolute(xdg)) return join(xdg, 'arxdb', 'wal')
  return join(tmpdir(), `arxdb-wal-${process.geteuid?.() ?? homedir().length}`)
}

/** The archive's report, with the server's side when a connection is given. */
export async function status(
  wanted: BackupSettings,
  connection: Connection | undefined,
  how: Pick<StatusTask, 'whole' | 'acknowledge' | 'systemId'>,
) {
  return walStatus({ ...how, address: wanted, key: await findKey(wanted.keyFile), connection })
}

export interface SetupWorld {
  /** Absolute paths, as the server will call them. */
  readonly node: string
  readonly script: string
  /** Flags or config name a key file. */
  readonly namesKey: boolean
}

const facts = (wanted: BackupSettings, { node, script, namesKey }: SetupWorld): setting.SetupFacts => ({
  ...{ node, script, repo: wanted.repo, encrypt: wanted.encrypt, compression: wanted.compression },
  keyFile: namesKey || wanted.encrypt ? wanted.keyFile : undefined,
  s3: [
    ...(wanted.s3.endpoint === undefined ? [] : ['--s3-endpoint', wanted.s3.endpoint]),
    ...(wanted.s3.region === undefined ? [] : ['--s3-region', wanted.s3.region]),
    ...(wanted.s3.pathStyle ? ['--s3-path-style'] : []),
  ],
})

/** What is to be set. */
export const planSetup = (wanted: BackupSettings, world: SetupWorld, connection: Connection | undefined) =>
  setting.planSetup(facts(wanted, world), connection)

/** restore_command for a recovery with this arxdb. */
export const restoreCommand = (wanted: BackupSettings, world: SetupWorld): string =>
  setting.restoreCommand(facts(wanted, world))

/** Makes the place a repository, if it is none: WAL goes only into what was begun on purpose. */
export const beginRepository = async (wanted: BackupSettings): Promise<void> =>
  (await openRepository(wanted, 'make')).close()

export const { applySetup } = setting
