// The user's own commands and URL around a run: to pause something before, to copy or to tell somebody after.
import { execa } from 'execa'
import type { Env } from '../programs/run.ts'

/** Long enough for a snapshot of a volume, short enough not to hide a hook that hangs. */
const HOOK_MS = 300_000
const PING_MS = 10_000
const PINGS = 3

/** What a hook finds in its environment, as ARXDB_*. */
export interface HookFacts {
  readonly point: string
  readonly repo: string
  readonly label?: string | undefined
  readonly message?: string | undefined
}

/** Runs a command by sh; undefined when it went well, else what went wrong. Its output goes nowhere but into that text. */
export async function runHook(
  command: string,
  facts: HookFacts,
  env: Env,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const told = Object.entries(facts).map(([name, value]) => [`ARXDB_${name.toUpperCase()}`, value ?? ''])
  const result = await execa('/bin/sh', ['-c', command], {
    env: { ...env, ...Object.fromEntries(told) },
    extendEnv: false,
    stdin: 'ignore',
    timeout: HOOK_MS,
    ...(signal ? { cancelSignal: signal } : {}),
    reject: false,
    all: true,
  })
  if (!result.failed) return undefined
  const why = result.timedOut ? `was not done after ${HOOK_MS / 1000} s` : (result.shortMessage ?? 'failed')
  const last = result.all?.trim().split('\n').slice(-3).join(' / ')
  return `the ${facts.point} hook ${why.replace(/^Command /, '').slice(0, 200)}${last ? `: ${last}` : ''}`
}

/**
 * Tells a watchdog that the run was well (GET), or was not (GET, /fail appended, as healthchecks.io and its like want it).
 * Undefined when it answered.
 */
export async function ping(url: string, well: boolean): Promise<string | undefined> {
  const target = well ? url : `${url.replace(/\/$/, '')}/fail`
  let why = ''
  for (let attempt = 1; attempt <= PINGS; attempt++) {
    try {
      const answer = await fetch(target, { signal: AbortSignal.timeout(PING_MS), redirect: 'follow' })
      if (answer.ok) return undefined
      why = `it answered ${answer.status}`
    } catch (error) {
      const cause = (error as Error).cause as Error | undefined
      why = cause?.message ?? (error as Error).message
    }
  }
  return `the heartbeat was not heard by ${new URL(url).host}: ${why}`
}
