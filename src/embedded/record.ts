// What was chosen when the local server was made, and where it listened last: local/server.json.
import { randomBytes } from 'node:crypto'
import { chownSync, closeSync, openSync, readFileSync, renameSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { ArxError } from '../errors.ts'
import { caller } from '../programs/account.ts'
import type { Installation } from '../programs/installed.ts'
import type { Home } from './home.ts'

export interface Binaries extends Installation {
  /** `given` by ARXDB_PG_BINDIR, found `installed`, or `bundled` with the npm package. */
  readonly source: 'given' | 'installed' | 'bundled'
}

export interface ServerRecord extends Binaries {
  /** Says that the folder is ours; the layout's version. */
  readonly arxdb: 1
  readonly port: number
  readonly socket: string
  /** 0 for never. */
  readonly idleStopMs: number
  /** By `local start --idle-stop`, which then outranks the config. */
  readonly idleStopChosen: boolean
  readonly created: string
}

/** The record; undefined when there is no local server. A record that cannot be read is an error, never "absent". */
export function readRecord(home: Home): ServerRecord | undefined {
  let text: string
  try {
    text = readFileSync(home.record, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  try {
    const record = JSON.parse(text) as ServerRecord
    if (record.arxdb === 1 && typeof record.bindir === 'string' && typeof record.major === 'number') return record
  } catch {}
  throw new ArxError({
    code: 'local-record',
    message: `${home.record} is not a record of arxdb's local server`,
    hint: 'restore that file, or choose another place with ARXDB_HOME',
  })
}

export const writeRecord = (home: Home, record: ServerRecord): void =>
  writeOwned(home.record, `${JSON.stringify(record, null, 2)}\n`, 0o600)

/** Writes beside and renames, so that no reader sees half a file and no planted link is followed. */
export function writeOwned(path: string, text: string, mode: number): void {
  const beside = `${path}.${randomBytes(6).toString('hex')}`
  const file = openSync(beside, 'wx', mode)
  try {
    writeFileSync(file, text)
  } finally {
    closeSync(file)
  }
  if (caller().uid === 0) {
    // Root may be starting a user's server; what it writes there has to stay the user's.
    const { uid, gid } = statSync(dirname(path))
    chownSync(beside, uid, gid)
  }
  renameSync(beside, path)
}

/** Leaves the time of this use for the watcher. Whoever may not, is seen by their session instead. */
export function markUsed(home: Home): void {
  const now = new Date()
  try {
    utimesSync(home.record, now, now)
  } catch {}
}

/** The watcher's sign of life. */
export function markWatched(home: Home): void {
  try {
    writeOwned(home.watched, '', 0o600)
  } catch {}
}

/** When markWatched was called last, in epoch milliseconds. */
export const lastWatched = (home: Home): number => statSync(home.watched, { throwIfNoEntry: false })?.mtimeMs ?? 0

/** When markUsed was called last, in epoch milliseconds. */
export const lastMarked = (home: Home): number => statSync(home.record, { throwIfNoEntry: false })?.mtimeMs ?? 0
