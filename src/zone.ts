// Time zones by Intl alone: offsets, and the way from a wall clock to UTC through gaps and repeated hours. At the top of
// src because times as people type them (core) and as files hold them (ingest) both need it.
// "Local" numbers are milliseconds as if the wall clock were UTC, so that date arithmetic never meets a zone.
import { usageError } from './errors.ts'
import { nearest } from './nearest.ts'

const formats = new Map<string, Intl.DateTimeFormat>()

/** Offsets (`+02:00`) are no zones: PostgreSQL reads their sign the other way round. */
function formatOf(tz: string): Intl.DateTimeFormat {
  const known = formats.get(tz)
  if (known) return known
  try {
    if (!/^[A-Za-z]/.test(tz)) throw new RangeError('an offset')
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone: tz,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    formats.set(tz, format)
    return format
  } catch {
    const [near] = nearest(tz, Intl.supportedValuesOf('timeZone'), 1)
    throw usageError(
      `no such time zone "${tz}"`,
      near ? `--tz ${near}` : 'write UTC or an IANA name: --tz Europe/Berlin',
    )
  }
}

/** The other names of UTC are UTC. */
export const settled = (tz: string): string =>
  /^(etc\/)?(utc|uct|gmt|universal|zulu|greenwich)$/i.test(tz) ? 'UTC' : tz

/** Throws the usage error for a zone that Intl does not know; returns the name as given. */
export function checkZone(tz: string): string {
  // Intl takes ten milliseconds to think of a zone, and most questions are asked in this one.
  if (tz !== 'UTC') formatOf(tz)
  return tz
}

/** Milliseconds to add to UTC for the wall clock of `tz` at that instant. */
export function offsetAt(utc: number, tz: string): number {
  if (tz === 'UTC') return 0
  const fields: Record<string, number> = {}
  for (const { type, value } of formatOf(tz).formatToParts(utc)) fields[type] = Number(value)
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = fields
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(utc / 1000) * 1000
}

export const toLocal = (utc: number, tz: string): number => utc + offsetAt(utc, tz)

export interface WallClock {
  /** UTC milliseconds. In a gap: moved on by the gap's length. Said twice: the first of the two. */
  readonly utc: number
  readonly kind: 'unique' | 'gap' | 'twice'
}

/** The instant at which the wall clock of `tz` shows `local`. */
export function fromLocal(local: number, tz: string): WallClock {
  if (tz === 'UTC') return { utc: local, kind: 'unique' }
  // A day before and after lie outside any single change of the clocks, and so have both offsets that can apply.
  const day = 86_400_000
  const before = offsetAt(local - day, tz)
  const after = offsetAt(local + day, tz)
  const fits = [...new Set([before, after])].map((o) => local - o).filter((utc) => toLocal(utc, tz) === local)
  if (fits.length === 0) return { utc: local - before, kind: 'gap' }
  return { utc: Math.min(...fits), kind: fits.length > 1 ? 'twice' : 'unique' }
}
