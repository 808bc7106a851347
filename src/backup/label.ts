// Names of backups: by time, and never back, whatever the clock does.
import { randomBytes } from 'node:crypto'
import type { Kind } from './settings.ts'

const stamp = (time: Date): string => `${time.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`

/** `20261125T230054Z` as a time. */
export const labelTime = (label: string): Date =>
  new Date(label.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z.*$/, '$1-$2-$3T$4:$5:$6Z'))

/**
 * The next label of a repository: of now, or a second after the newest one when the clock has stepped back; so a sort by
 * label is a sort by what came after what.
 */
export function newLabel(kind: Kind, now: Date, newest: string | undefined): string {
  const after = newest === undefined ? now : new Date(labelTime(newest).getTime() + 1000)
  return `${stamp(after > now ? after : now)}-${kind}-${randomBytes(3).toString('hex')}`
}
