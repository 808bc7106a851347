// What a run tells while it works. Nothing is `applied` before its commit has come back.

export interface Holder {
  readonly pid: number
  readonly application_name: string | null
  readonly usename?: string | null
  readonly since?: string | null
  readonly state: string | null
  readonly query: string | null
}

export type MigrateEvent =
  | { readonly kind: 'lock-waiting'; readonly holder: Holder | undefined }
  | { readonly kind: 'extension'; readonly text: string }
  | {
      readonly kind: 'applying' | 'reverting'
      readonly migration: string
      readonly statements: number
      readonly from: number
    }
  | { readonly kind: 'statement'; readonly migration: string; readonly done: number; readonly of: number }
  | { readonly kind: 'applied' | 'reverted'; readonly migration: string; readonly ms: number }
  | { readonly kind: 'rehearsed'; readonly migration: string; readonly ms: number }
  | {
      readonly kind: 'retrying'
      readonly migration: string
      readonly attempt: number
      readonly waitMs: number
      readonly reason: string
      readonly blockers: readonly Holder[]
    }
  | { readonly kind: 'index'; readonly text: string }
  | { readonly kind: 'warning'; readonly text: string }

export const describeHolder = (holder: Holder): string =>
  [
    `pid ${holder.pid}`,
    holder.application_name && `(${holder.application_name})`,
    holder.usename && `as ${holder.usename}`,
    holder.since && `since ${holder.since}`,
    holder.state,
    holder.query && `last query: ${holder.query}`,
  ]
    .filter(Boolean)
    .join(', ')
    .replace(', (', ' (')

const seconds = (ms: number): string => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`)

/** One line for a person. */
export function eventText(event: MigrateEvent): string {
  switch (event.kind) {
    case 'lock-waiting':
      return `waiting for another migration: ${event.holder ? describeHolder(event.holder) : 'the lock changes hands'}`
    case 'applying':
      return event.from > 0
        ? `resuming ${event.migration} at statement ${event.from + 1} of ${event.statements}`
        : `applying ${event.migration}`
    case 'reverting':
      return `reverting ${event.migration}`
    case 'statement':
      return `  ${event.migration}: statement ${event.done} of ${event.of} committed`
    case 'rehearsed':
      return `ran ${event.migration} in ${seconds(event.ms)}, to be rolled back`
    case 'applied':
    case 'reverted':
      return `${event.kind} ${event.migration} in ${seconds(event.ms)}`
    case 'retrying': {
      const who = event.blockers.length > 0 ? `; waited for ${event.blockers.map(describeHolder).join(' and ')}` : ''
      return `${event.migration}: ${event.reason}${who}; rolled back, attempt ${event.attempt + 1} in ${seconds(event.waitMs)}`
    }
    default:
      return event.text
  }
}
