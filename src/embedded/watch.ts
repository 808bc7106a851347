// Stops the local server when nobody has used it for the time in its record. One connection held throughout: its loss
// says that the server is gone, and an advisory lock on it that this watcher is the only one.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection } from '../connect/connection.ts'
import { openClient } from '../db/connect.ts'
import { statement } from '../statements/load.ts'
import { connectionTo } from './connection.ts'
import type { Home } from './home.ts'
import { boundLog } from './log.ts'
import { findLive, type LiveServer } from './postmaster.ts'
import { lastMarked, markWatched, readRecord } from './record.ts'
import { shutDown } from './stop.ts'

export type WatchEnd =
  | 'stopped the server'
  | 'server is gone'
  | 'already watched'
  | 'never stops'
  | 'locked out'
  | 'interrupted'

type Client = Awaited<ReturnType<typeof openClient>>

/** Any number that nobody else locks in the database `postgres`. */
const LOCK = 0x6172_7864
const LONGEST_POLL_MS = 15_000
const SHORTEST_POLL_MS = 200
const MOST_LOSSES = 100

/** Watches until the server stops, by this watcher or otherwise. */
export async function watch(home: Home, signal?: AbortSignal): Promise<WatchEnd> {
  for (let losses = 0; losses < MOST_LOSSES; losses += 1) {
    const live = await findLive(home)
    if (!live) return 'server is gone'
    try {
      return await watchOver(home, live, signal)
    } catch {
      // The connection broke: the server stopped, or somebody ended just this session.
      await sleep(500)
    }
  }
  return 'locked out'
}

async function watchOver(home: Home, live: LiveServer, signal: AbortSignal | undefined): Promise<WatchEnd> {
  const connection: Connection = connectionTo(home, live, 'postgres')
  const client = await openClient(connection)
  const stop = new AbortController()
  // Wakes the sleep below as soon as the server goes.
  client.on('end', () => stop.abort())
  const woken = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal
  try {
    await client.query("set application_name = 'arxdb/local watch'")
    const locked = await client.query('select pg_try_advisory_lock($1) as mine', [LOCK])
    if (!locked.rows[0].mine) return 'already watched'
    return await untilIdle(home, live, client, woken, signal)
  } finally {
    await client.end().catch(() => {})
  }
}

async function untilIdle(
  home: Home,
  live: LiveServer,
  client: Client,
  woken: AbortSignal,
  signal: AbortSignal | undefined,
): Promise<WatchEnd> {
  let lastUse = Date.now()
  let sessions = ''
  for (;;) {
    const limit = readRecord(home)?.idleStopMs
    if (limit === undefined) return 'server is gone'
    if (limit === 0) return 'never stops'
    const now = await activity(client)
    if (now.clients > 0 || now.sessions !== sessions) lastUse = Date.now()
    sessions = now.sessions
    // The mark is read last: a command that marks its use after this finds a server that is stopping, and waits.
    if (Date.now() - Math.max(lastUse, lastMarked(home)) >= limit) {
      await shutDown(home, live, { mode: 'smart', before: () => client.end() })
      return 'stopped the server'
    }
    boundLog(home)
    markWatched(home)
    await sleep(Math.max(SHORTEST_POLL_MS, Math.min(limit / 5, LONGEST_POLL_MS)), undefined, { signal: woken }).catch(
      () => {},
    )
    if (signal?.aborted) return 'interrupted'
  }
}

async function activity(client: Client): Promise<{ clients: number; sessions: string }> {
  const { text } = statement('embedded/activity', { engine: 'postgres', server: 150_000 })
  const { rows } = await client.query(text)
  return { clients: Number(rows[0].clients), sessions: String(rows[0].sessions) }
}
