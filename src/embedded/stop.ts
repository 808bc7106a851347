// Stops the local server, and nothing else: never a process that is not surely it.
import { setTimeout as sleep } from 'node:timers/promises'
import { interrupted } from '../db/session.ts'
import { ArxError } from '../errors.ts'
import type { Home } from './home.ts'
import { type Postmaster, processState, readPostmaster } from './postmaster.ts'
import { removeSocketFolder } from './sockets.ts'

interface Shutdown {
  /** `smart` lets sessions finish and takes no new ones; `fast` rolls them back. */
  readonly mode: 'smart' | 'fast'
  /** After the signal: smart waits for every session, the caller's own too. */
  readonly before?: (() => Promise<void>) | undefined
  readonly signal?: AbortSignal | undefined
}

const DEADLINE_MS = 120_000

/** Signals the server, waits until its process is gone, and removes its socket folder. */
export async function shutDown(home: Home, server: Postmaster, how: Shutdown): Promise<void> {
  if (processState(server.pid, home) !== 'server') return
  try {
    process.kill(server.pid, how.mode === 'smart' ? 'SIGTERM' : 'SIGINT')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
  await how.before?.()
  const deadline = Date.now() + DEADLINE_MS
  while (processState(server.pid, home) === 'server') {
    if (how.signal?.aborted) throw interrupted()
    // A smart one is not hurried: somebody was quicker than the watcher, and works on.
    if (how.mode === 'fast' && Date.now() > deadline) {
      throw new ArxError({
        code: 'local-stop',
        message: `the local server (process ${server.pid}) did not stop within ${DEADLINE_MS / 1000} s`,
        hint: `see ${home.log}; kill -QUIT ${server.pid} stops it the hard way`,
      })
    }
    await sleep(how.mode === 'fast' ? 20 : 100)
  }
  if (readPostmaster(home)?.pid === server.pid || !readPostmaster(home)) removeSocketFolder(server.socket, home)
}

/** Stops it when it runs; true when it did. */
export async function stop(home: Home, signal?: AbortSignal): Promise<boolean> {
  const server = readPostmaster(home)
  if (!server || processState(server.pid, home) !== 'server') return false
  await shutDown(home, server, { mode: 'fast', signal })
  return true
}
