// What a caller hands to every function of this area.
import type { Env } from './home.ts'

export interface LocalOptions {
  readonly env: Env
  /** For people, on stderr: what was chosen, what is waited for. */
  note(text: string): void
  readonly signal?: AbortSignal | undefined
  /** Milliseconds without a client after which the server stops itself; 0 for never. */
  readonly idleStopMs?: number | undefined
}

export const DEFAULT_IDLE_STOP_MS = 3_600_000
