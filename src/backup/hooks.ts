// The user's own commands and URL around a run: to pause something before, to copy or to tell somebody after.
import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Env } from '../programs/run.ts'

/** Long enough for a snapshot of a volume, short enough not to hide a hook that hangs. */
const HOOK_MS = 300_000
const PING_MS = 10_000
const PINGS = 3
/** What is kept of a hook's last words, bytes. */
const LAST_WORDS = 2_000

/** What a hook finds in its environment, as ARXDB_*. */
export interface HookFacts {
  readonly point: 'before' | 'after' | 'failed'
  readonly repo: string
  readonly label?: string | undefined
  readonly message?: string | undefined
}

/** ARXDB_POINT, ARXDB_OUTCOME (`ok`, `failed`, empty before the run), ARXDB_REPO, ARXDB_LABEL, ARXDB_MESSAGE. */
const told = ({ point, repo, label = '', message = '' }: HookFacts): Record<string, string> => ({
  ARXDB_POINT: point,
  ARXDB_OUTCOME: { before: '', after: 'ok', failed: 'failed' }[point],
  ARXDB_REPO: repo,
  ARXDB_LABEL: label,
  ARXDB_MESSAGE: message,
})

/**
 * Runs a command by sh; undefined when it went well, else what went wrong. What it prints goes to stderr; what it started
 * ends with it at the deadline, or when the run is interrupted.
 */
export function runHook(
  command: string,
  facts: HookFacts,
  env: Env,
  signal?: AbortSignal,
  limitMs = HOOK_MS,
): Promise<string | undefined> {
  if (signal?.aborted) return Promise.resolve(`the ${facts.point} hook was not begun`)
  const child = spawn('/bin/sh', ['-c', command], {
    env: { ...env, ...told(facts) } as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
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
  const endAll = (): void => {
    try {
      process.kill(-child.pid!, 'SIGKILL')
    } catch {}
  }
  let late = false
  const timer = setTimeout(() => {
    late = true
    endAll()
  }, limitMs)
  signal?.addEventListener('abort', endAll, { once: true })
  return new Promise((resolve) => {
    const end = (why: string | undefined): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', endAll)
      // What it left running in the background may hold the pipes; it is not waited for.
      child.stdout.destroy()
      child.stderr.destroy()
      const last = said.trim().split('\n').slice(-3).join(' / ')
      resolve(why === undefined ? undefined : `the ${facts.point} hook ${why}${last ? `: ${last}` : ''}`)
    }
    child.on('error', (error) => end(`could not be run (${error.message})`))
    // Its last words may come a moment after its end.
    child.on('exit', (code, signal) =>
      setTimeout(() => {
        if (late) end(`was not done after ${limitMs / 1000} s`)
        else if (code === 0) end(undefined)
        else end(code === null ? `was ended by ${signal}` : `exited with ${code}`)
      }, 20),
    )
  })
}

/**
 * Tells a watchdog that the run was well (GET), or was not (GET, /fail appended to the path, as healthchecks.io and its like
 * want it). Undefined when it answered; never throws, and says no more of the URL than its host, because its path is a secret.
 */
export async function ping(url: string, well: boolean, pauseMs = 1_000): Promise<string | undefined> {
  let target: URL
  try {
    target = new URL(url)
  } catch {
    return 'the heartbeat is no URL'
  }
  if (!well) target.pathname = `${target.pathname.replace(/\/$/, '')}/fail`
  let why = ''
  for (let attempt = 1; attempt <= PINGS; attempt++) {
    if (attempt > 1) await sleep(pauseMs)
    try {
      const answer = await fetch(target, { signal: AbortSignal.timeout(PING_MS), redirect: 'follow' })
      await answer.body?.cancel()
      if (answer.ok) return undefined
      why = `it answered ${answer.status}`
    } catch (error) {
      const cause = (error as Error).cause as Error | undefined
      why = cause?.message ?? (error as Error).message
    }
  }
  return `the heartbeat was not heard by ${target.host}: ${why}`
}
