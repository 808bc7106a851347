// Runs PostgreSQL's client programs: by argv and never through a shell, the password in the environment and never in
// argv, the exit code and every line of stderr judged.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Connection } from '../../connect/connection.ts'
import { interrupted } from '../../db/session.ts'
import { ArxError } from '../../errors.ts'
import { type Env, serverEnv } from '../../programs/run.ts'
import { type Complaints, judged } from './complaints.ts'

/** What libpq reads: the whole connection. TLS material goes into files of `folder`, closed to others. */
export async function libpqEnv(c: Connection, env: Env, folder: string): Promise<Record<string, string>> {
  const password = await c.password?.()
  const base: Record<string, string> = {
    ...serverEnv(env),
    PGHOST: c.host,
    PGPORT: String(c.port),
    PGUSER: c.user,
    PGDATABASE: c.database,
    // None: the password comes from the connection, or not at all.
    PGPASSFILE: '/nonexistent/arxdb',
    PGCLIENTENCODING: 'UTF8',
    PGAPPNAME: 'arxdb/backup',
    PGCONNECT_TIMEOUT: String(Math.max(2, Math.ceil(c.connectTimeoutMs / 1000))),
    ...(password === undefined ? {} : { PGPASSWORD: password }),
  }
  if (c.tls === false) return { ...base, PGSSLMODE: 'disable' }
  if (c.tls === 'prefer') return { ...base, PGSSLMODE: 'prefer' }
  const { rejectUnauthorized, ca, cert, key, checkServerIdentity } = c.tls
  const file = async (name: string, text: string): Promise<string> => {
    const path = join(folder, name)
    await writeFile(path, text, { mode: 0o600 })
    return path
  }
  return {
    ...base,
    PGSSLMODE: rejectUnauthorized ? (checkServerIdentity ? 'verify-ca' : 'verify-full') : 'require',
    ...(ca ? { PGSSLROOTCERT: await file('root.crt', ca) } : {}),
    ...(cert ? { PGSSLCERT: await file('client.crt', cert) } : {}),
    ...(key ? { PGSSLKEY: await file('client.key', key) } : {}),
  }
}

export interface ToolRun {
  readonly env: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  /** Where stdout goes; thrown away when left out. */
  readonly stdout?: ((stream: NodeJS.ReadableStream) => Promise<void>) | undefined
}

export interface ToolOutcome extends Complaints {
  readonly code: number | null
  /** Exit code 0, and no line that is an error. */
  readonly ok: boolean
  /** What it died of, in a sentence; empty when it did not. */
  readonly reason: string
}

/** Runs a program to its end. Rejects only when the user interrupts, or when `stdout` does. */
export async function runTool(file: string, args: readonly string[], run: ToolRun): Promise<ToolOutcome> {
  const { execa } = await import('execa')
  const child = execa(file, args, {
    env: run.env,
    extendEnv: false,
    cwd: '/',
    stdin: 'ignore',
    stdout: run.stdout ? 'pipe' : 'ignore',
    stderr: 'pipe',
    buffer: { stdout: false, stderr: true },
    // Of a tool that complains without end the beginning says enough.
    maxBuffer: { stderr: 4_000_000 },
    reject: false,
    cancelSignal: run.signal,
    forceKillAfterDelay: 5_000,
  })
  const consumed = run.stdout && child.stdout ? run.stdout(child.stdout) : undefined
  // Heard below; unheard meanwhile it would end the process.
  consumed?.catch(() => child.kill())
  const result = await child
  if (run.signal.aborted) throw interrupted(run.signal.reason)
  const complaints = judged(typeof result.stderr === 'string' ? result.stderr : '')
  const died = result.exitCode === undefined ? `could not be run: ${result.code ?? ''}` : `exit code ${result.exitCode}`
  const said = complaints.errors.at(-1) ?? complaints.warnings.at(-1)
  const reason = result.signal
    ? `it was killed (${result.signal})`
    : result.failed
      ? [died, said].filter(Boolean).join(': ')
      : (complaints.errors[0] ?? '')
  if (!result.failed) await consumed
  else await consumed?.catch(() => {})
  return { ...complaints, code: result.exitCode ?? null, ok: !result.failed && complaints.errors.length === 0, reason }
}

/** `pg_dump (PostgreSQL) 15.20 (Debian ...)`, and its major. */
export async function toolVersion(file: string, env: Env): Promise<{ readonly text: string; readonly major: number }> {
  const { execa } = await import('execa')
  const result = await execa(file, ['--version'], { env: serverEnv(env), extendEnv: false, reject: false, cwd: '/' })
  const text = (result.stdout ?? '').trim().split('\n')[0] ?? ''
  const major = Number(/\(PostgreSQL\) (\d+)/.exec(text)?.[1])
  if (!result.failed && major > 0) return { text, major }
  throw new ArxError({
    code: 'program-broken',
    message: `${file} --version does not say what it is`,
    detail: result.stderr || result.shortMessage || text,
  })
}
