// Runs PostgreSQL's own tools to their end, in an environment of ours: PGDATA, PGPORT, LC_* or TZ of the caller
// would change what they do.
import { interrupted } from '../db/session.ts'
import { type Account, identity } from './account.ts'

/** What initdb, postgres and pg_config get to see. Library paths pass: relocated builds live by them. */
export function serverEnv(env: Env): Record<string, string> {
  const passed = ['PATH', 'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'DYLD_FALLBACK_LIBRARY_PATH'].flatMap((name) => {
    const value = env[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return { PATH: '/usr/bin:/bin', ...Object.fromEntries(passed), LC_ALL: 'C', TZ: 'UTC' }
}

export type Env = Readonly<Record<string, string | undefined>>

export interface RunOptions {
  readonly env: Env
  readonly account?: Account | undefined
  readonly input?: string | undefined
  readonly signal?: AbortSignal | undefined
}

export interface Ran {
  readonly ok: boolean
  readonly stdout: string
  /** The last lines of stderr, or why it could not be run. */
  readonly complaint: string
}

/** Runs `file` to its end, at most two minutes. Rejects only when the user interrupts. */
export async function run(file: string, args: readonly string[], options: RunOptions): Promise<Ran> {
  const { execa } = await import('execa')
  const result = await execa(file, args, {
    env: serverEnv(options.env),
    extendEnv: false,
    // A folder that any account can enter; the caller's own may be closed to the server's account.
    cwd: '/',
    input: options.input ?? '',
    reject: false,
    timeout: 120_000,
    ...identity(options.account),
    ...(options.signal ? { cancelSignal: options.signal } : {}),
  })
  if (options.signal?.aborted) throw interrupted()
  const said = result.stderr?.trim().split('\n').slice(-5).join('\n')
  return { ok: !result.failed, stdout: result.stdout ?? '', complaint: said || (result.shortMessage ?? '') }
}
