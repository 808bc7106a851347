// Background jobs of the server that make room for heavy work. A job is never switched off: its next start is put off by
// a lease, and the lease is renewed, so that a job whose holder was killed comes back by itself when the lease runs out.
import { persistently } from './retry.ts'
import { openSession, type Run, reading, type StorageSession, writing } from './session.ts'

export interface HoldOptions {
  /** With its schema: `arxdb.candles`. */
  readonly table: string
  /** Who holds: `ingest 4711@host`. One name, one holder. */
  readonly holder: string
  /** How long jobs stay away when nobody renews; renewed at a third of it. */
  readonly leaseMs?: number | undefined
  /** Heard when the lease ran out, for it could not be renewed: the jobs may run. */
  readonly onLapse?: ((why: string) => void) | undefined
}

export interface HeldJobs {
  /** How many make room. */
  readonly jobs: number
  /** Why some do not, as a sentence for the user; undefined where all do, or where there are none. */
  readonly reason?: string | undefined
  /** Gives them back, due when they were; it never fails: what cannot be given back comes back by itself. */
  release(): Promise<void>
}

const LEASE_MS = 300_000
/** Longer than any other holder's transaction. */
const LIMITS = { statementTimeoutMs: 30_000, lockTimeoutMs: 10_000 }
const FAREWELL_MS = 5_000

const nothing = (reason?: string): HeldJobs => ({ jobs: 0, reason, release: async () => {} })

interface Job {
  readonly job_id: number
  readonly owner: string
  readonly mine: boolean
}

/**
 * Makes the jobs of a hypertable (compression, retention, reordering) wait until `release`. One that is running is not
 * stopped, and waits from its end on. Several holders may overlap: the last one gives a job back. Never throws: where
 * jobs cannot be held, it says why. Renews on a connection of its own, so `session` is free again.
 */
export async function holdJobs(session: StorageSession, options: HoldOptions): Promise<HeldJobs> {
  const { table } = options
  let own: StorageSession | undefined
  try {
    const there = await reading(session, (run) => run('storage/jobs-of', { table }))
    if (there.length === 0) return nothing()
    own = await openSession(session.connection, { ...session.limits, ...LIMITS })
    const found = await take(own, options)
    const jobs = found.filter(({ mine }) => mine)
    const reason = foreign(table, found)
    if (jobs.length > 0) return { jobs: jobs.length, reason, release: keep(own, options) }
    await own.close()
    return nothing(reason)
  } catch (error) {
    await own?.close()
    return nothing(`background jobs of ${table} did not make room (${(error as Error).message})`)
  }
}

/** Takes or renews, and sweeps what others left. */
const take = (own: StorageSession, { table, holder, leaseMs = LEASE_MS }: HoldOptions): Promise<readonly Job[]> =>
  alone(own, async (run) => {
    const found = await run<Job>('storage/lease-hold', { table, holder, lease: `${leaseMs} milliseconds` })
    await run('storage/lease-sweep')
    return found
  })

const alone = <T>(own: StorageSession, body: (run: Run) => Promise<T>): Promise<T> =>
  writing(own, async (run) => {
    await run('storage/lease-lock')
    return body(run)
  })

/** Renews until the function that it returns is called. */
function keep(own: StorageSession, options: HoldOptions): () => Promise<void> {
  const { table, holder, leaseMs = LEASE_MS, onLapse } = options
  const stop = new AbortController()
  let renewed = performance.now()
  let lapsed = false
  let renewing: Promise<void> | undefined

  const renew = async (): Promise<void> => {
    const begun = performance.now()
    try {
      await persistently(own, { signal: stop.signal, patienceMs: leaseMs / 3 }, () => take(own, options))
      renewed = begun
      lapsed = false
    } catch (error) {
      if (lapsed || stop.signal.aborted || performance.now() - renewed < leaseMs) return
      lapsed = true
      onLapse?.(`background jobs of ${table} made room for a part of it alone (${(error as Error).message})`)
    }
  }
  const timer = setInterval(() => {
    renewing ??= renew().finally(() => {
      renewing = undefined
    })
  }, leaseMs / 3).unref()

  return async () => {
    if (stop.signal.aborted) return
    clearInterval(timer)
    stop.abort()
    await renewing
    // Not heard: the lease runs out.
    await persistently(own, { patienceMs: FAREWELL_MS }, () =>
      alone(own, async (run) => {
        await run('storage/lease-release', { holder })
        await run('storage/lease-sweep')
      }),
    ).catch(() => {})
    await own.close()
  }
}

function foreign(table: string, found: readonly Job[]): string | undefined {
  const others = found.filter(({ mine }) => !mine)
  if (others.length === 0) return undefined
  const owners = [...new Set(others.map(({ owner }) => owner))].join(', ')
  const ids = others.map(({ job_id }) => job_id).join(', ')
  return `background jobs of ${table} did not make room (${ids}): only their owner, ${owners}, can put them off`
}
