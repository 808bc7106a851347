// arxdb and psql as processes, the way a user runs them.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { inlined } from '../../../src/statements/inline.ts'
import { statement, type Target } from '../../../src/statements/load.ts'

/** Longer than any question here takes. */
const PATIENT = ['--timeout', '1h']
const ARXDB = [process.execPath, 'bin/arxdb.js'] as const
const PSQL = process.env.PSQL ?? 'psql'

export interface Ended {
  readonly status: number
  readonly out: string
  readonly err: string
}

interface RunOptions {
  readonly url: string
  /** Nobody reads it: stdout is /dev/null. */
  readonly unheard?: boolean
}

async function run(command: readonly string[], { url, unheard = false }: RunOptions): Promise<Ended> {
  const child = spawn(command[0]!, command.slice(1), {
    stdio: ['ignore', unheard ? 'ignore' : 'pipe', 'pipe'],
    // It may hold a password, which is none of a command line's business.
    env: { ...process.env, ARXDB_URL: url },
  })
  const [out, err, [status]] = await Promise.all([
    child.stdout ? text(child.stdout) : '',
    text(child.stderr!),
    once(child, 'close'),
  ])
  return { status, out, err }
}

const succeeded = (command: readonly string[], ended: Ended): Ended => {
  if (ended.status !== 0) throw new Error(`${command.join(' ')} ended with ${ended.status}: ${ended.err.trim()}`)
  return ended
}

export async function arxdb(args: readonly string[], options: RunOptions): Promise<Ended> {
  return succeeded(['arxdb', ...args], await run([...ARXDB, ...args, ...PATIENT], options))
}

export async function psql(args: readonly string[], options: RunOptions): Promise<Ended> {
  return succeeded(
    ['psql', ...args],
    await run([PSQL, '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', options.url, ...args], options),
  )
}

/** What any program on Node takes at least. */
export const nothing = (url: string): Promise<Ended> => run([process.execPath, '-e', '0'], { url, unheard: true })

/** The first line that `psql --version` says; undefined where there is none. */
export async function psqlVersion(): Promise<string | undefined> {
  try {
    const { status, out } = await run([PSQL, '--version'], { url: '' })
    return status === 0 ? out.trim() : undefined
  } catch {
    return undefined
  }
}

/** Whether this build can answer; the reason when not. */
export async function lacking(args: readonly string[], url: string): Promise<string | undefined> {
  const [name] = args
  if ((await run([...ARXDB, 'help', name!], { url })).status !== 0) return `this build has no ${name}`
  const { status, err } = await run([...ARXDB, ...args, ...PATIENT, '--sql'], { url })
  return status === 0 ? undefined : `ended with ${status}: ${err.trim().split('\n')[0]}`
}

/** What `--sql` prints, as a script for psql. */
export async function scriptOf(args: readonly string[], url: string, folder: string): Promise<string> {
  const { out } = await arxdb([...args, '--sql'], { url })
  const file = join(folder, `${args[0]}.sql`)
  writeFileSync(file, out)
  return file
}

/** Everything that arxdb sends to answer, lookups too, in one transaction as it does: the same work, asked by psql. */
export async function conversationOf(
  args: readonly string[],
  url: string,
  folder: string,
  target: Target,
): Promise<string> {
  const { err } = await arxdb([...args, '-v'], { url })
  const sent = [...err.matchAll(/^-- (\S+) (\[.*\]) [\d.]+ ms$/gm)].map(([, name, values]) =>
    inlined(statement(name!, target), JSON.parse(values!) as unknown[]),
  )
  if (sent.length === 0) throw new Error(`arxdb ${args.join(' ')} -v told of no statement`)
  const settings = ["timezone = 'UTC'", 'jit = off', 'statement_timeout = 3600000', 'lock_timeout = 5000']
  const file = join(folder, `${args[0]}-all.sql`)
  writeFileSync(
    file,
    ['begin read only;', ...settings.map((each) => `set local ${each};`), ...sent, 'commit;\n'].join('\n'),
  )
  return file
}

export interface Answer {
  readonly csv: string
  /** Milliseconds of all statements of the question, as `-v` tells them. */
  readonly ms: number
}

/** Asks in a process of its own and adds its statements up: Node's start and the connection are not in it. */
export async function ask(args: readonly string[], url: string): Promise<Answer> {
  const { out, err } = await arxdb([...args, '-v', '-o', 'csv'], { url })
  const told = [...err.matchAll(/^-- \S+ \[.*\] ([\d.]+) ms$/gm)]
  if (told.length === 0) throw new Error(`arxdb ${args.join(' ')} -v told of no statement`)
  return { csv: out, ms: told.reduce((sum, [, text]) => sum + Number(text), 0) }
}
