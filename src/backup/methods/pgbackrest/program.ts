// Runs an installed pgBackRest. Its own configuration file and PGBACKREST_* variables say where its repository is; arxdb
// never reads either.
import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { execa } from 'execa'
import { interrupted } from '../../../db/session.ts'
import { ArxError, EXIT } from '../../../errors.ts'
import { caller, identity, unprivilegedAccount } from '../../../programs/account.ts'
import { type Env, serverEnv } from '../../../programs/run.ts'
import { step } from '../../../steps.ts'
import type { Manifest } from '../../manifest.ts'

export interface Pgbackrest {
  readonly path: string
  readonly stanza: string
  /** Undefined: pgBackRest's own default. */
  readonly config: string | undefined
  readonly env: Env
  readonly signal: AbortSignal
}

export interface Answer {
  readonly code: number
  readonly stdout: string
  /** Lines `WARN:` and `ERROR:`, without their prefix of time. */
  readonly told: readonly string[]
}

/** The program on the path; exit 5 when it is not installed. */
export function findPgbackrest(env: Env): string {
  const folders = [...(env.PATH ?? '').split(':').filter((folder) => folder.startsWith('/')), '/usr/bin']
  const found = folders.map((folder) => join(folder, 'pgbackrest')).find(isExecutable)
  if (found) return found
  throw new ArxError({
    code: 'program-missing',
    message: 'pgbackrest is not here',
    detail: `looked in ${folders.join(', ')}`,
    hint: 'apt install pgbackrest; or arxdb backup run --kind base, which needs only PostgreSQL',
    exit: EXIT.unsupported,
  })
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Which pgBackRest a backup was made with: by its manifest, where the environment says nothing else. */
export function programOf(manifest: Manifest, env: Env, signal: AbortSignal): Pgbackrest & { readonly label: string } {
  const { stanza, label, config } = manifest.method as { stanza: string; label: string; config: string | null }
  return { path: findPgbackrest(env), stanza, label, config: env.PGBACKREST_CONFIG ?? config ?? undefined, env, signal }
}

/** The words before the command's own: which stanza, by which configuration. */
const common = ({ stanza, config }: Pick<Pgbackrest, 'stanza' | 'config'>): readonly string[] => [
  `--stanza=${stanza}`,
  ...(config === undefined ? [] : [`--config=${config}`]),
]

/**
 * Runs one command to its end, whatever it takes; nothing but an interrupt throws. As root it runs as postgres: files
 * of root's in its repository would lock the archiver out. Lock and log folders stay those of its configuration, which
 * it has to share with the archiver; what only reads writes no log.
 */
export async function ask(program: Pgbackrest, name: string, args: readonly string[] = []): Promise<Answer> {
  const { code, stdout, stderr } = await execute(program, name, args)
  const text = stdout.toString()
  return { code, stdout: text, told: complaintsIn(`${text}\n${stderr}`) }
}

/** The same for what writes bytes: they are given as they come. */
export async function askBytes(
  program: Pgbackrest,
  name: string,
  args: readonly string[],
): Promise<Answer & { readonly bytes: Buffer }> {
  const { code, stdout, stderr } = await execute(program, name, args)
  return { code, stdout: '', bytes: stdout, told: complaintsIn(stderr) }
}

const complaintsIn = (text: string): readonly string[] =>
  text.split('\n').flatMap((line) => /\b((?:WARN|ERROR): .*)$/.exec(line)?.[1] ?? [])

async function execute(program: Pgbackrest, name: string, args: readonly string[]) {
  const own = Object.entries(program.env).filter(([key]) => key.startsWith('PGBACKREST_'))
  const quiet = name === 'backup' ? [] : ['--log-level-file=off']
  const child = execa(program.path, [...common(program), ...quiet, '--log-level-stderr=warn', name, ...args], {
    env: { ...serverEnv(program.env), ...(Object.fromEntries(own) as Record<string, string>) },
    extendEnv: false,
    cwd: '/',
    stdin: 'ignore',
    reject: false,
    encoding: 'buffer',
    // The list of a large archive, and one WAL segment of the largest size.
    maxBuffer: 2 ** 31 - 1,
    cancelSignal: program.signal,
    // A group of its own: its processes go on for a while when it is told to end, and write where others clear away.
    detached: true,
    // Time enough to tell its own processes, and to let go of its lock.
    forceKillAfterDelay: 20_000,
    ...(caller().uid === 0 ? identity(unprivilegedAccount()) : {}),
  })
  step('pgbackrest', name)
  const result = await child
  const { aborted, reason } = program.signal
  if (aborted) await endGroup(child.pid)
  if (aborted) throw (reason as Error | undefined)?.name === 'TimeoutError' ? reason : interrupted(reason)
  const text = Buffer.from(result.stderr ?? []).toString()
  return { code: result.exitCode ?? -1, stdout: Buffer.from(result.stdout ?? []), stderr: text }
}

/** Ends what is left of it, and returns when it is gone. */
async function endGroup(leader: number | undefined): Promise<void> {
  for (const until = Date.now() + 5_000; leader !== undefined && Date.now() < until; await sleep(20)) {
    try {
      process.kill(-leader, 'SIGKILL')
    } catch {
      return
    }
  }
}

/** An error of pgBackRest in its own words. */
export const failed = (what: string, { code, told }: Answer): ArxError =>
  new ArxError({
    code: 'pgbackrest-failed',
    message: `pgbackrest ${what} failed`,
    detail: told.find((line) => line.startsWith('ERROR')) ?? told.at(-1) ?? `exit code ${code}`,
    hint: 'pgbackrest check says what of its configuration is wrong',
  })
