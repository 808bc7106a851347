// Lengths of time as people type them: `5m`, `1h30m`. At the top of src because flags (core) and config both read it.
import { usageError } from './errors.ts'

const MS = { w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const
type Unit = keyof typeof MS
const UNITS = Object.keys(MS) as readonly Unit[]

const SHORT =
  /^(?:(?<w>\d+(?:\.\d+)?)w)?(?:(?<d>\d+(?:\.\d+)?)d)?(?:(?<h>\d+(?:\.\d+)?)h)?(?:(?<m>\d+(?:\.\d+)?)m)?(?:(?<s>\d+(?:\.\d+)?)s)?(?:(?<ms>\d+)ms)?$/
const ISO = /^P(?:(?<w>\d+)W)?(?:(?<d>\d+)D)?(?:T(?:(?<h>\d+)H)?(?:(?<m>\d+)M)?(?:(?<s>\d+(?:\.\d+)?)S)?)?$/

/** What a duration may look like, for hints. */
export const DURATION_FORMS = 'write 250ms, 90s, 5m, 1h30m, 7d, 2w or PT5M'

/** Milliseconds of a duration; undefined when `text` is none. A bare `0` is one, every other number lacks its unit. */
export function tryDuration(text: string): number | undefined {
  const trimmed = text.trim()
  if (trimmed === '0') return 0
  const groups = (SHORT.exec(trimmed) ?? ISO.exec(trimmed))?.groups
  if (!groups || !UNITS.some((unit) => groups[unit] !== undefined)) return undefined
  const total = UNITS.reduce((sum, unit) => sum + Number(groups[unit] ?? 0) * MS[unit], 0)
  return Number.isSafeInteger(Math.round(total)) ? Math.round(total) : undefined
}

/** Beyond it, times would leave the years that there are. */
const LONGEST_MS = 36_525 * MS.d

/** Milliseconds of `5m`, `1h30m`, `90s`, `250ms`, `7d`, `PT5M`, `0`; anything else is a usage error. */
export function parseDuration(text: string): number {
  const value = tryDuration(text)
  if (value !== undefined && value > LONGEST_MS) throw usageError(`"${text}" is longer than a hundred years`)
  if (value !== undefined) return value
  if (/^\d+(\.\d+)?$/.test(text))
    throw usageError(`"${text}" has no unit`, `write ${text}s for seconds, ${text}m for minutes`)
  if (/^\d+(M|y|mo|months?)$/.test(text)) {
    throw usageError(`"${text}" is no duration: months and years differ in length`, 'write it in days: 30d, 365d')
  }
  throw usageError(`"${text}" is no duration`, DURATION_FORMS)
}

/** The shortest text that parseDuration reads back to the same number: 5400000 is `1h30m`. */
export function formatDuration(milliseconds: number): string {
  let rest = Math.round(milliseconds)
  let text = ''
  for (const unit of UNITS) {
    if (unit === 'w') continue
    const count = Math.floor(rest / MS[unit])
    if (count > 0) text += `${count}${unit}`
    rest -= count * MS[unit]
  }
  return text || '0'
}
