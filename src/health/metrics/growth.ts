// How fast something grew since the last scrape. Prometheus does that better from counters; this is for what goes by the
// name of a rate.
import type { Remembered } from '../check.ts'

export interface Growth {
  /**
   * Per second since the last time; undefined at first, and where the count began anew: it is of another epoch (a moment of
   * reset, another cluster), or less than it was.
   */
  perSecond(name: string, count: number, epoch: string | null): number | undefined
  /** Added to a count that only this program keeps; what it comes to. */
  add(name: string, more: number): number
  /** What is to be remembered. */
  readonly values: Remembered['values']
}

export function growthSince(before: Remembered | undefined, now: Date): Growth {
  const values: Record<string, number | string | null> = { ...before?.values }
  const elapsed = before === undefined ? 0 : (now.getTime() - Date.parse(before.at)) / 1000
  const numberOf = (name: string): number | undefined => {
    const value = before?.values[name]
    return typeof value === 'number' ? value : undefined
  }
  return {
    values,
    perSecond(name, count, epoch) {
      const last = numberOf(name)
      const same = before?.values[`${name}_epoch`] === epoch
      values[name] = count
      values[`${name}_epoch`] = epoch
      if (last === undefined || !same || count < last || elapsed <= 0) return undefined
      return (count - last) / elapsed
    },
    add(name, more) {
      const sum = (numberOf(name) ?? 0) + more
      values[name] = sum
      return sum
    },
  }
}
