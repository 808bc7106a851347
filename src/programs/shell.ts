// A command of the user's own, run by sh: heard, limited in time, and ended with all that it started.
import { spawn } from 'node:child_process'
import type { Env } from './run.ts'

/** What is kept of its last words, bytes. */
const LAST_WORDS = 2_000
/** How long its last words may come after its end, ms. */
const ECHO_MS = 20

export interface ShellCommand {
  readonly command: string
  readonly env: Env
  /** What it reads; nothing when left out. */
  readonly input?: string | undefined
  readonly deadlineMs: number
}

/**
 * Runs a command by /bin/sh; undefined when it exited with 0, else what went wrong, beginning with a verb: `exited with 7:
 * no room`. What it prints goes to stderr; what it started ends with it at the deadline, or when the signal comes.
 */
export function runShell(
  { command, env, input, deadlineMs }: ShellCommand,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const child = spawn('/bin/sh', ['-c', command], {
    env: env as NodeJS.ProcessEnv,
    stdio: ['pipe', 'pipe', 'pipe'],
    // A group of its own, so that all of it can be ended.
    detached: true,
  })
  let said = ''
  const hear = (chunk: Buffer): void => {
    process.stderr.write(chunk)
    said = (said + chunk.toString()).slice(-LAST_WORDS)
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  // One that does not read is none the worse for it.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const endAll = (): void => {
    try {
      process.kill(-child.pid!, 'SIGKILL')
    } catch {}
  }
  let late = false
  const timer = setTimeout(() => {
    late = true
    endAll()
  }, deadlineMs)
  signal?.addEventListener('abort', endAll, { once: true })
  return new Promise((resolve) => {
    const end = (why: string | undefined): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', endAll)
      // What it left running in the background may hold the pipes; it is not waited for.
      for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe.destroy()
      const last = said.trim().split('\n').slice(-3).join(' / ')
      resolve(why && last ? `${why}: ${last}` : why)
    }
    child.on('error', (error) => end(`could not be run (${error.message})`))
    child.on('exit', (code, by) =>
      setTimeout(() => {
        if (late) end(`was not done after ${deadlineMs / 1000} s`)
        else if (code === 0) end(undefined)
        else end(code === null ? `was ended by ${by}` : `exited with ${code}`)
      }, ECHO_MS),
    )
  })
}
