// Cron's five fields: enough of them to say when a job was last due.
import { usageError } from '../../errors.ts'

const FIELDS = [
  { name: 'minute', least: 0, most: 59 },
  { name: 'hour', least: 0, most: 23 },
  { name: 'day of month', least: 1, most: 31 },
  { name: 'month', least: 1, most: 12 },
  { name: 'day of week', least: 0, most: 7 },
] as const
const MINUTE_MS = 60_000
/** A job of the 29th of February is due again after this long at the latest. */
const LONGEST_DAYS = 366 * 8 + 2

export interface Cron {
  readonly text: string
  /** Day of month and day of week are both given: one of them is enough. */
  readonly either: boolean
  /** 0 is Sunday. */
  readonly weekdays: readonly number[]
  matches(time: Date): boolean
}

/** Reads `15 2 * * 1-5`: numbers, lists, ranges, steps. Throws a usage error for anything else. */
export function parseCron(text: string): Cron {
  const parts = text.trim().split(/\s+/)
  if (parts.length !== 5) {
    throw usageError(`"${text}" is no schedule`, 'the five fields of cron: "15 2 * * *" is 02:15 every day')
  }
  const [minute, hour, day, month, weekday] = parts.map((part, i) => values(part, FIELDS[i]!, text))
  // As cron has it: with both restricted, either will do; a field that begins with a star restricts nothing.
  const either = !parts[2]!.startsWith('*') && !parts[4]!.startsWith('*')
  return {
    text: parts.join(' '),
    either,
    weekdays: [...new Set([...weekday!].map((day) => day % 7))].sort((a, b) => a - b),
    matches(time) {
      const onDay = day!.has(time.getDate())
      const onWeekday = weekday!.has(time.getDay()) || (time.getDay() === 0 && weekday!.has(7))
      const fits = either ? onDay || onWeekday : onDay && onWeekday
      return minute!.has(time.getMinutes()) && hour!.has(time.getHours()) && month!.has(time.getMonth() + 1) && fits
    },
  }
}

function values(part: string, { name, least, most }: (typeof FIELDS)[number], text: string): ReadonlySet<number> {
  const found = new Set<number>()
  for (const item of part.split(',')) {
    const match = /^(?:\*|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(item)
    const first = match?.[1] === undefined ? least : Number(match[1])
    const open = match?.[1] === undefined || (match[3] !== undefined && match[2] === undefined)
    const last = match?.[2] !== undefined ? Number(match[2]) : open ? most : first
    const step = Number(match?.[3] ?? 1)
    if (!match || first < least || last > most || first > last || step < 1) {
      throw usageError(`"${item}" is no ${name} in the schedule "${text}"`, `${least} to ${most}, *, */5, 1-5 or 1,15`)
    }
    for (let value = first; value <= last; value += step) found.add(value)
  }
  return found
}

/** When it was due last, at or before `now`, by this host's clock and zone; undefined when it never is. */
export function lastDue({ matches }: Cron, now: Date): Date | undefined {
  const at = new Date(now)
  at.setSeconds(0, 0)
  for (let day = 0; day < LONGEST_DAYS; day++) {
    const midnight = new Date(at)
    midnight.setHours(0, 0, 0, 0)
    for (let time = at.getTime(); time >= midnight.getTime(); time -= MINUTE_MS) {
      if (matches(new Date(time))) return new Date(time)
    }
    at.setTime(midnight.getTime() - MINUTE_MS)
  }
  return undefined
}
