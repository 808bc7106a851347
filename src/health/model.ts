// What health knows of one thing: the same for a person, for Nagios, for Prometheus and for alerts.

/** As monitoring plugins say it. SKIPPED: does not apply here, or has nothing to judge by. UNKNOWN: could not be seen. */
export const STATES = ['CRITICAL', 'WARNING', 'UNKNOWN', 'OK', 'SKIPPED'] as const
export type State = (typeof STATES)[number]

/** `s` seconds, `B` bytes, `%` per cent; `1` a count or a ratio. */
export type Unit = 's' | 'B' | '%' | '1'

export interface Threshold {
  readonly warn: number | null
  readonly crit: number | null
}

/** One judged thing. */
export interface Finding {
  readonly check: string
  /** A table, job, slot, session or market; null for the server or the database as a whole. */
  readonly object: string | null
  readonly state: State
  readonly value: number | null
  readonly unit: Unit
  readonly warn: number | null
  readonly crit: number | null
  /** Since when it has been so: what the server says, else when it was first seen. Null where nobody knows. */
  readonly since: string | null
  /** What is: one clause. */
  readonly text: string
  readonly why: string
  /** What to type. */
  readonly try: string | null
}

export interface Report {
  readonly at: string
  readonly findings: readonly Finding[]
}

/** The worst first, as an operator reads them. */
export const bySeverity = (a: Pick<Finding, 'state'>, b: Pick<Finding, 'state'>): number =>
  STATES.indexOf(a.state) - STATES.indexOf(b.state)

/** What the whole comes to: skipped checks neither help nor harm. */
export function worst(findings: readonly Pick<Finding, 'state'>[]): Exclude<State, 'SKIPPED'> {
  const state = [...findings].sort(bySeverity)[0]?.state ?? 'UNKNOWN'
  if (state !== 'SKIPPED') return state
  return 'UNKNOWN'
}

/** The exit code of monitoring plugins. */
export const PLUGIN_EXIT = { OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3 } as const
