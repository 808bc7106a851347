// The local server: PostgreSQL that arxdb owns, for everyone who has configured no other.
import type { Connection } from '../connect/connection.ts'
import { ArxError } from '../errors.ts'
import { connectionTo } from './connection.ts'
import { destroy } from './destroy.ts'
import { findHome, type Home } from './home.ts'
import type { LocalOptions } from './options.ts'
import { findLive } from './postmaster.ts'
import { markUsed } from './record.ts'
import { bringUp } from './start.ts'
import { type LocalStatus, status } from './status.ts'
import { stop } from './stop.ts'
import { type WatchEnd, watch } from './watch.ts'
import { keepWatched } from './watcher.ts'

export type { LocalOptions, LocalStatus, WatchEnd }

/**
 * A connection to the local server, made and started when it is not there. When it runs: one file read and one
 * round trip. Throws ArxError: no PostgreSQL to be found, binaries that no longer fit, a start that fails.
 */
export const ensureLocal = (options: LocalOptions): Promise<Connection> =>
  inHome(options, async (home) => {
    // Before looking: the watcher then either sees the mark, or we see a server that is stopping.
    markUsed(home)
    const live = await findLive(home)
    if (live) keepWatched(home, options.env)
    return connectionTo(home, live ?? (await bringUp(home, options)))
  })

/**
 * Makes and starts it where needed. `chosenIdleStopMs` is recorded and outranks `options.idleStopMs` from then on, for a
 * running server too.
 */
export const startLocal = (options: LocalOptions, chosenIdleStopMs?: number): Promise<LocalStatus> =>
  inHome(options, async (home) => {
    markUsed(home)
    await bringUp(home, options, chosenIdleStopMs)
    return status(home)
  })

/** Stops it, rolling back what runs in it; `stopped` is false when it did not run. */
export const stopLocal = (
  options: LocalOptions,
): Promise<{ readonly stopped: boolean; readonly status: LocalStatus }> =>
  inHome(options, async (home) => ({ stopped: await stop(home, options.signal), status: await status(home) }))

/** What stands and what runs; starts nothing. */
export const localStatus = (options: LocalOptions): Promise<LocalStatus> => inHome(options, status)

/** Removes the server and its data for good; asking first is the caller's business. Resolves to what was removed. */
export const destroyLocal = (options: LocalOptions): Promise<readonly string[]> =>
  inHome(options, (home) => destroy(home, options.signal))

/** Stays until the server stops; stops it when it was idle long enough. The body of `arxdb local watch`. */
export const watchLocal = (options: LocalOptions): Promise<WatchEnd> =>
  inHome(options, (home) => watch(home, options.signal))

const PLACE = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'ENOTDIR', 'ENAMETOOLONG', 'ENOENT'])

/** Runs `body` for the caller's home; trouble with its files becomes an error that names the way out. */
async function inHome<T>(options: LocalOptions, body: (home: Home) => Promise<T>): Promise<T> {
  const home = findHome(options.env)
  try {
    return await body(home)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (error instanceof ArxError || !PLACE.has(code ?? '')) throw error
    throw new ArxError({
      code: 'local-home',
      message: `cannot use ${home.root} for the local server`,
      detail: message,
      hint: 'choose a folder that you may write with ARXDB_HOME, or set DATABASE_URL',
      cause: error,
    })
  }
}
