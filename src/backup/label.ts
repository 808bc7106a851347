// Names of backups: by time, and never back, whatever the clock does.
import { randomBytes } from 'node:crypto'
import type { Kind } from './settings.ts'

const stamp = (time: Date): string => `${time.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`

/** When it was made by its label, `20261125T230054Z-base-...`: milliseconds since 1970. */
export function momentOf(label: string): number {
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/.exec(label) ?? []
  const [year, month, day, hour, minute, second] = parts.map(Number) as [number, number, number, number, number, number]
  return Date.UTC(year, month - 1, day, hour, minute, second)
}

/** Its kind by its label, also where no manifest tells. */
export const kindOf = (label: string): string => label.split('-')[1]!

/**
 * The next label of a repository: of now, or a second after the newest one when the clock has stepped back; so a sort by
 * label is a sort by what came after what.
 */
export function newLabel(kind: Kind, now: Date, newest: string | undefined): string {
  const after = newest === undefined ? now : new Date(momentOf(newest) + 1000)
  return `${stamp(after > now ? after : now)}-${kind}-${randomBytes(3).toString('hex')}`
}
