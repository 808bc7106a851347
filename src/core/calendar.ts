// Date arithmetic on wall-clock milliseconds (as if the zone were UTC): no zone, no clock change in here.

export type CalendarUnit = 's' | 'm' | 'h' | 'd' | 'w' | 'M' | 'y'

export interface Calendar {
  readonly months?: number
  readonly days?: number
  readonly milliseconds?: number
}

const FIXED = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** Down to the start of the unit; weeks start on Monday. */
export function floorLocal(local: number, unit: CalendarUnit): number {
  if (unit !== 'w' && unit !== 'M' && unit !== 'y') return Math.floor(local / FIXED[unit]) * FIXED[unit]
  const date = new Date(local)
  if (unit === 'y') return Date.UTC(date.getUTCFullYear(), 0)
  if (unit === 'M') return Date.UTC(date.getUTCFullYear(), date.getUTCMonth())
  // Day 0 of 1970 was a Thursday, three days after a Monday.
  const day = Math.floor(local / FIXED.d)
  return (day - ((((day + 3) % 7) + 7) % 7)) * FIXED.d
}

/** Months first, and a day that the month lacks becomes its last: 31 March less a month is 28 February. */
export function addCalendar(local: number, { months = 0, days = 0 }: Calendar): number {
  const date = new Date(local)
  const first = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months)
  const length = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months + 1, 0)).getUTCDate()
  const shifted = first + (Math.min(date.getUTCDate(), length) - 1) * FIXED.d
  return (months === 0 ? floorLocal(local, 'd') : shifted) + (local - floorLocal(local, 'd')) + days * FIXED.d
}
