// What the last run saw: counters that only their growth tells something of, and since when a finding stands. A file of
// this user on this host, one for each database of each cluster; losing it costs one round of deltas.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import type { Remembered } from './check.ts'
import type { Finding } from './model.ts'

export interface Memory {
  /** Values by check. */
  readonly counters: Readonly<Record<string, Remembered>>
  /** When a finding that is not fine was first seen, by check and object. */
  readonly since: Readonly<Record<string, string>>
}

const NOTHING: Memory = { counters: {}, since: {} }

/** `$XDG_STATE_HOME/arxdb/health`, or where that would be; each command that asks by its own clock has its own. */
export function stateFolder(
  env: Readonly<Record<string, string | undefined>>,
  of: 'health' | 'metrics' | 'alerts' = 'health',
): string {
  const xdg = env.XDG_STATE_HOME
  return join(xdg && isAbsolute(xdg) ? xdg : join(env.HOME || homedir(), '.local', 'state'), 'arxdb', of)
}

/** A file that is not there, is cut, or is of another make remembers nothing. */
export function recall(file: string): Memory {
  try {
    const read = JSON.parse(readFileSync(file, 'utf8')) as Partial<Memory>
    return { counters: read.counters ?? {}, since: read.since ?? {} }
  } catch {
    return NOTHING
  }
}

/** Whole or not at all; where it cannot be written, the reason. */
export function keep(file: string, memory: Memory): string | undefined {
  const draft = `${file}.${process.pid}.part`
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    writeFileSync(draft, JSON.stringify(memory), { mode: 0o600 })
    renameSync(draft, file)
    return undefined
  } catch (error) {
    rmSync(draft, { force: true })
    return (error as Error).message
  }
}

const keyOf = ({ check, object }: Finding): string => (object === null ? check : `${check}/${object}`)

/** Findings with what was remembered of their beginning, and the beginnings to remember. */
export function dated(
  findings: readonly Finding[],
  before: Memory['since'],
  now: string,
): { readonly findings: readonly Finding[]; readonly since: Memory['since'] } {
  const since: Record<string, string> = {}
  const told = findings.map((one) => {
    if (one.state === 'OK' || one.state === 'SKIPPED') return one
    const first = one.since ?? before[keyOf(one)] ?? now
    since[keyOf(one)] = first
    return { ...one, since: first }
  })
  return { findings: told, since }
}
