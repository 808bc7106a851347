// What the live screen shows, a tab a question; `top --once` answers with the same rows.
import { columns, echoes } from './result.ts'

export const TABS = ['activity', 'locks', 'chunks', 'jobs', 'timeline'] as const
export type Tab = (typeof TABS)[number]

const minor = (kinds: Parameters<typeof echoes>[1]) => echoes(Object.keys(kinds), kinds)

/** The last column takes the room that the others leave. */
export const topColumns = {
  activity: [
    ...columns({ pid: 'int', state: 'text', seconds: 'duration', wait: 'text', blocked_by: 'text' }),
    ...minor({ transaction_seconds: 'duration', role_name: 'text', database: 'text' }),
    ...columns({ application: 'text', query: 'text' }),
  ],
  locks: [
    ...columns({ tree: 'text', seconds: 'duration', mode: 'text', relation: 'text' }),
    ...minor({ pid: 'int', depth: 'int', waiters: 'int', state: 'text', role_name: 'text' }),
    ...columns({ query: 'text' }),
  ],
  chunks: [
    ...columns({ relation: 'text', chunks: 'int', compressed: 'int' }),
    ...minor({ rows_estimate: 'int', newest: 'time' }),
    ...columns({ map: 'text' }),
  ],
  jobs: [
    ...columns({ job: 'int', procedure: 'text', relation: 'text', state: 'text', failures: 'int' }),
    ...minor({ last_success: 'time', next_start: 'time' }),
    ...columns({ error: 'text' }),
  ],
  timeline: columns({ at: 'time', what: 'text', outcome: 'text', seconds: 'duration', detail: 'text' }),
} as const

/** Counters and counts at one moment. */
export interface Summary {
  readonly at: string
  readonly sessions: number
  readonly active: number
  readonly idle: number
  readonly in_transaction: number
  readonly waiting: number
  readonly places: number
  readonly transactions: number
  readonly hits: number
  readonly reads: number
  readonly written: number
  readonly oldest_seconds: number | null
  readonly bytes: number | null
}

/** One line of figures; rates only where there is an earlier moment, and none across a reset of the counters. */
export function summaryText(now: Summary, before: Summary | undefined): string {
  const { sessions, places, active, idle, in_transaction, waiting } = now
  const counts = [
    `${sessions}/${places} sessions: ${active} active, ${idle} idle, ${in_transaction} idle in transaction, ${waiting} waiting`,
  ]
  const seconds = before ? (Date.parse(now.at) - Date.parse(before.at)) / 1000 : 0
  if (!before || seconds <= 0 || now.transactions < before.transactions || now.hits < before.hits) return counts[0]!
  const rate = (of: 'transactions' | 'written'): string =>
    Math.round((now[of] - before[of]) / seconds).toLocaleString('en-US')
  const [hits, reads] = [now.hits - before.hits, now.reads - before.reads]
  const hit = hits + reads > 0 ? `${((100 * hits) / (hits + reads)).toFixed(1)} % hits` : 'no blocks read'
  return [...counts, `${rate('transactions')} transactions/s`, `${rate('written')} rows written/s`, hit].join(' · ')
}
