// Settings as numbers that can be compared: bytes, milliseconds, or what they count. `8192` in blocks of 8 kB, `64MB` and
// `65536kB` are one number.

const KILO = 1024
export const MB = KILO ** 2
export const GB = KILO ** 3

const BYTES: Readonly<Record<string, number>> = { B: 1, kB: KILO, MB, GB, TB: KILO ** 4 }
const MS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 }

/** How much one of a unit of pg_settings is: `8kB`, `min`; 1 where there is none. */
export function factorOf(unit: string | null): number {
  if (unit === null) return 1
  const [, count, name] = /^(\d*)(\D+)$/.exec(unit) ?? []
  return Number(count || 1) * (BYTES[name!] ?? MS[name!] ?? 1)
}

/** Negative numbers and zero say something else than how much: off, or by itself. */
const amount = (number: number, factor: number): number => (number > 0 ? number * factor : number)

/** A setting of pg_settings, in its unit, or of a file, with a unit of its own; a text where it is no number. */
export function canonical(text: string, unit: string | null, vartype: string): number | string {
  if (vartype !== 'integer' && vartype !== 'real') return text
  const [, number, own] = /^(-?[\d.]+(?:e[+-]?\d+)?)\s*(\D*)$/i.exec(text.trim()) ?? []
  if (number === undefined) return text
  return amount(Number(number), own ? factorOf(own) : factorOf(unit))
}

const isBytes = (unit: string): boolean => /B$/.test(unit)

/** As postgresql.conf takes it, in the largest unit that leaves no rest: `6GB`, `15min`, `0.9`. */
export function spelled(value: number | string, unit: string | null): string {
  if (typeof value === 'string') return value
  if (unit === null || value <= 0) return String(value)
  const units = Object.entries(isBytes(unit) ? BYTES : MS).reverse()
  const [name, size] = units.find(([, size]) => value >= size && Number.isInteger(value / size)) ?? units.at(-1)!
  return `${value / size}${name}`
}

/** How many times as much: `4x`, `0.5x`. */
export function ratio(from: number, to: number): string {
  const times = to / from
  return `${times >= 10 ? Math.round(times) : Number(times.toPrecision(2))}x`
}
