// The server's log: one file and one predecessor, so that it cannot fill the disk.
import {
  closeSync,
  constants,
  copyFileSync,
  fchownSync,
  fstatSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  truncateSync,
} from 'node:fs'
import { caller } from '../programs/account.ts'
import type { Home } from './home.ts'

const LIMIT = 10 * 1024 * 1024

export const logSize = (home: Home): number => statSync(home.log, { throwIfNoEntry: false })?.size ?? 0

/** Opens the log for a server about to start. Never through a link: root opens it in what may be a user's folder. */
export function openLog(home: Home): number {
  if (logSize(home) > LIMIT) renameSync(home.log, `${home.log}.1`)
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW } = constants
  const file = openSync(home.log, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600)
  if (caller().uid === 0) {
    const { uid, gid } = statSync(home.folder)
    fchownSync(file, uid, gid)
  }
  return file
}

/** Bounds the log of a running server: it appends, so it goes on at the start of the emptied file. */
export function boundLog(home: Home): void {
  if (logSize(home) <= LIMIT) return
  copyFileSync(home.log, `${home.log}.1`)
  truncateSync(home.log)
}

/** What was written after `from`, at most the last 4 kB of it. */
export function logSince(home: Home, from: number): string {
  try {
    const file = openSync(home.log, 'r')
    try {
      const end = fstatSync(file).size
      const start = Math.max(from <= end ? from : 0, end - 4096)
      const buffer = Buffer.alloc(Math.max(0, end - start))
      readSync(file, buffer, 0, buffer.length, start)
      return buffer.toString('utf8')
    } finally {
      closeSync(file)
    }
  } catch {
    return ''
  }
}
