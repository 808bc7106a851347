// What a program may set on the client: profiles, our names, and the names other pools use.
import { usageError } from '../errors.ts'

/** Sizes and waiting times of the pool; times in milliseconds. */
export interface PoolSettings {
  /** Idle connections that are kept open however long they idle. */
  readonly min?: number
  readonly max?: number
  /** Above `min`, an idle connection is closed after this long. */
  readonly idleTimeoutMs?: number
  /** How long a caller waits for a free connection. */
  readonly acquireTimeoutMs?: number
  /** How long opening one connection may take. */
  readonly connectTimeoutMs?: number
  /** As acquireTimeoutMs, connectTimeoutMs and idleTimeoutMs. */
  readonly acquireTimeoutMillis?: number
  readonly createTimeoutMillis?: number
  readonly idleTimeoutMillis?: number
}

export type Profile = 'development' | 'production'

type Resolved = Required<Pick<PoolSettings, 'min' | 'max' | 'idleTimeoutMs' | 'acquireTimeoutMs' | 'connectTimeoutMs'>>

export const PROFILES: Readonly<Record<Profile, Resolved>> = {
  development: { min: 5, max: 20, idleTimeoutMs: 30_000, acquireTimeoutMs: 30_000, connectTimeoutMs: 30_000 },
  production: { min: 10, max: 30, idleTimeoutMs: 600_000, acquireTimeoutMs: 60_000, connectTimeoutMs: 30_000 },
}

const ALIASES: Readonly<Record<string, keyof Resolved>> = {
  acquireTimeoutMillis: 'acquireTimeoutMs',
  createTimeoutMillis: 'connectTimeoutMs',
  idleTimeoutMillis: 'idleTimeoutMs',
}

/** Settings of other pools that would do nothing here; taking them silently would be a lie. */
const REFUSED: Readonly<Record<string, string>> = {
  destroyTimeoutMillis: 'a connection is closed without waiting for the server, so nothing can take that long',
  reapIntervalMillis: 'every idle connection has a timer of its own, so there is no reaper to set the pace of',
  createRetryIntervalMillis: 'a connection that cannot be opened is reported at once; the caller decides on a retry',
}

/** The profile with the given settings over it. Throws on unknown, refused, contradictory or impossible ones. */
export function poolSettings(profile: Profile, given: PoolSettings = {}): Resolved {
  const base = PROFILES[profile]
  if (!base) throw usageError(`no pool profile "${profile}"`, `one of: ${Object.keys(PROFILES).join(', ')}`)
  const settings: Record<string, number> = { ...base }
  const seen = new Set<string>()
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue
    const reason = REFUSED[name]
    if (reason) throw usageError(`the pool has no ${name}: ${reason}`, `leave ${name} out`)
    const key = ALIASES[name] ?? name
    if (!(key in base)) throw usageError(`the pool has no setting "${name}"`, `one of: ${Object.keys(base).join(', ')}`)
    if (seen.has(key)) throw usageError(`pool.${key} is given twice, the second time as ${name}`)
    if (!Number.isInteger(value) || value < 0) throw usageError(`pool.${name} is not a whole number of at least 0`)
    seen.add(key)
    settings[key] = value
  }
  const resolved = settings as unknown as Resolved
  if (resolved.max < 1) throw usageError('pool.max is not at least 1')
  if (resolved.min <= resolved.max) return resolved
  // A lower max alone is no contradiction to a min that only the profile named.
  if (seen.has('min')) throw usageError(`pool.min ${resolved.min} is more than pool.max ${resolved.max}`)
  return { ...resolved, min: resolved.max }
}
