// The face of the backup area for `arxdb wal push` and `arxdb wal fetch`: light, for it is loaded once for each segment.
import { homedir, tmpdir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { ArxError, EXIT } from '../../errors.ts'
import type { Env } from '../../programs/run.ts'
import { findKey } from '../sealing/keys.ts'
import { type BackupSettings, backupSettings } from '../settings.ts'
import { acknowledgements } from './acknowledged.ts'
import { fetchFile } from './fetch.ts'
import { hashedBefore } from './hashed.ts'
import { pushFile } from './push.ts'

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
      hashed: hashedBefore(stateFolder(world.env)),
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
