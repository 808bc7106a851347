// Removes the local server: its data, its copy of the binaries, its socket. Nothing that it did not make.
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, renameSync, rmdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ArxError, EXIT } from '../errors.ts'
import type { Home } from './home.ts'
import { UNFINISHED } from './initialise.ts'
import { readRecord, type ServerRecord } from './record.ts'
import { removeSocketFolder } from './sockets.ts'
import { stop } from './stop.ts'

const exists = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined

/** Stops the server and removes what is its own. Resolves to the paths removed; none when there is no local server. */
export async function destroy(home: Home, signal?: AbortSignal): Promise<readonly string[]> {
  const record = ownRecord(home)
  if (record) {
    await stop(home, signal)
    // Stopping removes it; a server that was killed left it.
    removeSocketFolder(record.socket, home)
  }
  const doomed = [
    ...matching(home.root, UNFINISHED),
    ...matching(home.binaries, /^(postgresql-\d[\w.-]*|\.copy-[0-9a-f]{12})$/),
  ]
  for (const path of record ? [setAside(home), ...doomed] : doomed) rmSync(path, { recursive: true, force: true })
  const removed = [...(record ? [home.folder] : []), ...doomed]
  const emptied = removed.length > 0 ? [home.binaries, home.root].filter(removedIfEmpty) : []
  return [...removed, ...emptied]
}

/** Undefined where nothing stands. Throws when something else than our server stands in its place. */
function ownRecord(home: Home): ServerRecord | undefined {
  if (!exists(home.folder)) return undefined
  const record = existsSync(home.record) ? readRecord(home) : undefined
  if (record && existsSync(join(home.data, 'PG_VERSION'))) return record
  throw new ArxError({
    code: 'local-foreign',
    message: `${home.folder} does not look like arxdb's local server; nothing was removed`,
    detail: `it lacks ${record ? 'data/PG_VERSION' : 'server.json'}`,
    hint: 'look at it, and remove it by hand if it is not needed',
    exit: EXIT.refused,
  })
}

/** One rename first: a command that starts meanwhile sees no server rather than half of one. */
function setAside(home: Home): string {
  const aside = join(home.root, `.local-${randomBytes(6).toString('hex')}`)
  renameSync(home.folder, aside)
  return aside
}

const matching = (folder: string, name: RegExp): readonly string[] =>
  exists(folder)
    ? readdirSync(folder)
        .filter((entry) => name.test(entry))
        .map((entry) => join(folder, entry))
    : []

function removedIfEmpty(folder: string): boolean {
  try {
    rmdirSync(folder)
    return true
  } catch {
    return false
  }
}
