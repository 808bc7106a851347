// How settings and figures are written in advice: settings as a config file takes them.
import { formatDuration } from '../../duration.ts'
import { usageError } from '../../errors.ts'

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'] as const

/** `640 bytes`, `1.5 GB`: units of 1024, as the server's own settings. */
export function size(bytes: number): string {
  const step = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10))
  const value = bytes / 1024 ** step
  return `${value < 10 && step > 0 ? value.toFixed(1) : Math.round(value)} ${UNITS[step]}`
}

/** `7d` of seconds; null is the word given. */
export const length = (seconds: number | null, otherwise: string): string =>
  seconds === null ? otherwise : formatDuration(seconds * 1000)

/** `market_id, side`; nothing is `none`. */
export const list = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join(', '))

/** A figure that is an estimate anyway: `1,230,000`, `0.4`. */
export const about = (n: number): string =>
  Number(n.toPrecision(3)).toLocaleString('en-US', { maximumFractionDigits: 1 })

const POWERS: Readonly<Record<string, number>> = { k: 1, m: 2, g: 3, t: 4 }

/** Bytes of `16GB`, `512 MB`: units of 1024, as PostgreSQL takes them. Anything else is a usage error. */
export function memorySize(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)\s*([kmgt])i?b?$/i.exec(text.trim()) ?? []
  const bytes = Number(amount) * 1024 ** (POWERS[unit?.toLowerCase() ?? ''] ?? 0)
  if (!(bytes > 0)) throw usageError(`"${text}" is no amount of memory`, 'write 16GB or 512MB')
  return bytes
}
