// How many records may be rejected: a number, at which a load stops, or a share, judged when the file has ended.
import { usageError } from '../../errors.ts'

export interface Tolerance {
  /** As the user would write it. */
  readonly text: string
  /** Whether a load may not go on after so many. */
  stopsAt(rejected: number): boolean
  /** Whether a file that has ended had too many. */
  exceeded(rejected: number, read: number): boolean
}

/** Reads `--max-errors`: `0`, `100`, `2%`, `0.5%`. Nothing: 0 where all or none is to be loaded, else 2 %. */
export function tolerance(text: string | undefined, atomic: boolean): Tolerance {
  const written = text ?? (atomic ? '0' : '2%')
  const share = /^(\d+(?:\.\d+)?)%$/.exec(written)?.[1]
  if (share !== undefined && Number(share) <= 100) {
    // In whole numbers: 2.01 % of 10,000 are 201, and not a hair less.
    const [whole = '', decimals = ''] = share.split('.')
    const most = BigInt(whole + decimals)
    const all = 100n * 10n ** BigInt(decimals.length)
    const exceeded = (rejected: number, read: number) => BigInt(rejected) * all > BigInt(read) * most
    return { text: written, stopsAt: () => false, exceeded }
  }
  if (!/^\d{1,12}$/.test(written))
    throw usageError(`"${written}" is no limit for rejected rows`, '--max-errors 100, or --max-errors 2%')
  const most = Number(written)
  return { text: written, stopsAt: (rejected) => rejected > most, exceeded: (rejected) => rejected > most }
}
