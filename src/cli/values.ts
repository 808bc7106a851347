// What stands behind an option, read: numbers, sizes, shares. What is none is a usage error that shows how to write it.
import { usageError } from '../errors.ts'

/** A share of one: `0.9`. */
export function share(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !(value >= 0 && value <= 1)) throw usageError(`"${text}" is no share`, 'write 0.9 for 90 %')
  return value
}

/** A count or a number of something; what the server keeps such numbers in ends at 2,147,483,647. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,10}$/.test(text) || Number(text) > 2_147_483_647) {
    throw usageError(`"${text}" is no whole number`, 'write digits only: 3')
  }
  return Number(text)
}

/** A number above zero. */
export function positive(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !(value > 0 && Number.isFinite(value))) {
    throw usageError(`"${text}" is no number above zero`, 'write 2 or 0.95')
  }
  return value
}

const DECIMAL = /^[+-]?\d{1,30}(\.\d{1,30})?$/

/** Per cent as an exact decimal: `1`, `0.5%`. */
export function percentage(text: string): string {
  const number = text.trim().replace(/\s?%$/, '')
  if (!DECIMAL.test(number)) throw usageError(`"${text}" is no percentage`, 'write 0.5 for half a per cent')
  return number
}

/** An exact decimal: `10000`, `0.25`. */
export function decimal(text: string): string {
  if (!DECIMAL.test(text.trim())) throw usageError(`"${text}" is no amount`, 'write digits: 10000')
  return text.trim()
}

/** A count of at least one, and no more than anybody waits for. */
export const countUpTo =
  (most: number) =>
  (text: string): number => {
    const value = wholeNumber(text)
    if (value < 1 || value > most) throw usageError(`${text} is not between 1 and ${most.toLocaleString('en-US')}`)
    return value
  }

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 }

const amountOf = (text: string): number => {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)\s*([kmg]?)b?$/i.exec(text) ?? []
  return Number(amount) * UNITS[unit.toLowerCase()]!
}

/** `10MB`, `500k`: bytes a second. */
export function byteRate(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const rate = amountOf(text.replace(/\/s$/i, ''))
  if (!(rate > 0)) throw usageError(`"${text}" is no rate`, '--rate-limit 10MB')
  return rate
}

/** `10MB`, `0`: bytes. */
export function bytes(text: string): number {
  const size = amountOf(text)
  if (Number.isNaN(size)) throw usageError(`"${text}" is no size`, 'write 10MB, 500kB, 1GB')
  return size
}

/** `24GB`, `512MB`: bytes, in the multiples of 1024 that memory and PostgreSQL are counted in. */
export function memorySize(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)\s*([mgt])i?b?$/i.exec(text.trim()) ?? []
  const bytes = Number(amount) * 1024 ** ({ m: 2, g: 3, t: 4 }[unit?.toLowerCase() ?? ''] ?? Number.NaN)
  if (!(bytes >= 64 * 1024 ** 2)) throw usageError(`"${text}" is no size of a memory`, '--memory 24GB')
  return Math.floor(bytes)
}
