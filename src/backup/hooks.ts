// The user's own commands and URL around a run: to pause something before, to copy or to tell somebody after.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Env } from '../programs/run.ts'
import { runShell } from '../programs/shell.ts'

/** Long enough for a snapshot of a volume, short enough not to hide a hook that hangs. */
const HOOK_MS = 300_000
const PING_MS = 10_000
const PINGS = 3

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
export async function runHook(
  command: string,
  facts: HookFacts,
  env: Env,
  signal?: AbortSignal,
  limitMs = HOOK_MS,
): Promise<string | undefined> {
  if (signal?.aborted) return `the ${facts.point} hook was not begun`
  const why = await runShell({ command, env: { ...env, ...told(facts) }, deadlineMs: limitMs }, signal)
  return why && `the ${facts.point} hook ${why}`
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
