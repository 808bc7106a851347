// One event into a command of the user's: JSON on its stdin, ended with all that it started when it takes too long.
import { spawn } from 'node:child_process'
import type { AlertEvent } from './event.ts'

/** What is kept of its last words, bytes. */
const LAST_WORDS = 2_000

export interface AlertCommand {
  readonly command: string
  readonly deadlineMs: number
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Undefined when it exited with 0, else what went wrong. What it prints goes to stderr. */
export function hand(
  event: AlertEvent,
  { command, deadlineMs, env }: AlertCommand,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { ARXDB_ALERTS_SECRET: _, ...own } = env
  const child = spawn('/bin/sh', ['-c', command], {
    env: own as NodeJS.ProcessEnv,
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
  child.stdin.end(`${JSON.stringify(event)}\n`)
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
  signal.addEventListener('abort', endAll, { once: true })
  return new Promise((resolve) => {
    const end = (why: string | undefined): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', endAll)
      // What it left running in the background may hold the pipes; it is not waited for.
      child.stdout.destroy()
      child.stderr.destroy()
      const last = said.trim().split('\n').slice(-3).join(' / ')
      resolve(why === undefined ? undefined : `the command ${why}${last ? `: ${last}` : ''}`)
    }
    child.on('error', (error) => end(`could not be run (${error.message})`))
    // Its last words may come a moment after its end.
    child.on('exit', (code, by) =>
      setTimeout(() => {
        if (late) end(`was not done after ${deadlineMs / 1000} s`)
        else if (code === 0) end(undefined)
        else end(code === null ? `was ended by ${by}` : `exited with ${code}`)
      }, 20),
    )
  })
}
