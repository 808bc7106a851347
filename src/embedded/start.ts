// Brings the local server up: makes it when there is none, starts it when it is down, waits until it takes connections.
import { setTimeout as sleep } from 'node:timers/promises'
import { interrupted } from '../db/session.ts'
import { ArxError, EXIT } from '../errors.ts'
import { binariesFor } from './binaries.ts'
import { ensureDatabase } from './connection.ts'
import type { Home } from './home.ts'
import { initialise } from './initialise.ts'
import { type Attempt, launch } from './launch.ts'
import { DEFAULT_IDLE_STOP_MS, type LocalOptions } from './options.ts'
import { findLive, type LiveServer, processState, readPostmaster, serverPhase } from './postmaster.ts'
import { readRecord, type ServerRecord, writeRecord } from './record.ts'
import { freePort, socketFolder } from './sockets.ts'
import { startWatcher } from './watcher.ts'

/** For a server that says nothing; one that recovers after a crash gets the longer time. */
const DEADLINE_MS = 60_000
const RECOVERY_MS = 15 * 60_000
const SAY_AFTER_MS = 5_000

/** Failures that pass by themselves: leavings of a killed server, a port that was taken since, another starter. */
const PASSING = /shared memory|lock file|Address already in use|could not create any|semaphore/i

/** The running server. Throws ArxError: binaries that do not fit, a start that fails, the user's interrupt. */
export async function bringUp(home: Home, options: LocalOptions, chosenIdleStopMs?: number): Promise<LiveServer> {
  if (!readRecord(home)) await initialise(home, options, options.idleStopMs ?? DEFAULT_IDLE_STOP_MS)
  if (chosenIdleStopMs !== undefined) {
    writeRecord(home, { ...readRecord(home)!, idleStopMs: chosenIdleStopMs, idleStopChosen: true })
  }
  const live = (await findLive(home)) ?? (await start(home, options))
  startWatcher(home, options.env)
  return live
}

async function start(home: Home, options: LocalOptions): Promise<LiveServer> {
  const record = readRecord(home)!
  const binaries = await binariesFor(home, record, { ...options, account: home.account })
  const since = Date.now()
  let attempt: Attempt | undefined
  let tries = 0
  let said = false
  for (;;) {
    if (options.signal?.aborted) throw interrupted()
    const live = await findLive(home)
    if (live) {
      if (live.pid === attempt?.pid) {
        // The tier stays: TimescaleDB installed later changes nothing behind the owner's back.
        remember(home, { ...record, ...binaries, tier: record.tier }, attempt, options)
        await ensureDatabase(home, live)
      }
      return live
    }
    const phase = serverPhase(home)
    if (phase === 'down' && !attempt?.running()) {
      if (attempt && tries >= 3 && !PASSING.test(attempt.complaint())) throw failed(home, attempt)
      // The first try takes the port of last time; another one, if it was that which failed.
      const port = await freePort(tries === 0 ? record.port : undefined)
      attempt = launch(home, {
        bindir: binaries.bindir,
        port,
        socket: socketFolder(options.env, home),
        env: options.env,
      })
      tries += 1
    }
    const waited = Date.now() - since
    if (waited > (phase === 'starting' || phase === 'stopping' ? RECOVERY_MS : DEADLINE_MS)) throw failed(home, attempt)
    if (!said && waited > SAY_AFTER_MS) {
      options.note(`waiting for the local server (${phase})`)
      said = true
    }
    await sleep(Math.min(25 * Math.max(1, tries), 500))
  }
}

function remember(home: Home, record: ServerRecord, { port, socket }: Attempt, options: LocalOptions): void {
  const idleStopMs = record.idleStopChosen ? record.idleStopMs : (options.idleStopMs ?? record.idleStopMs)
  writeRecord(home, { ...record, port, socket, idleStopMs })
}

function failed(home: Home, attempt: Attempt | undefined): ArxError {
  const pid = readPostmaster(home)?.pid
  // Its number may belong to a process of another program now, or to a server in another container: only a person knows.
  const borrowed = pid !== undefined && processState(pid, home) === 'other'
  return new ArxError({
    code: 'local-start',
    message: 'the local server does not start',
    detail: attempt?.complaint().split('\n').slice(-4).join('; ') || 'it does not take connections',
    hint: borrowed
      ? `if no other machine or container uses ${home.data}: rm ${home.data}/postmaster.pid`
      : `see ${home.log}`,
    exit: EXIT.connection,
  })
}
