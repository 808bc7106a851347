// A text beside the epoch that should say the same moment: the epoch is believed, and disagreements are counted.
import type { Plan } from '../plan/plan.ts'
import { timeReader } from '../values/time-reader.ts'
import { DAY_US } from '../values/times.ts'
import type { Row } from './scan.ts'

export interface Witness {
  check(buf: Buffer, row: Row, moment: number, line: number): void
  /** How many rows disagree, and the line of the first. */
  readonly found: { readonly rows: number; readonly line: number }
}

/** Undefined when the plan has none. */
export function newWitness({ witness, times }: Plan): Witness | undefined {
  if (!witness) return undefined
  const { field } = witness
  const readTime = timeReader({ ...times, unit: undefined, shiftUs: 0 })
  const shift = times.shiftUs
  let rows = 0
  let first = 0
  return {
    check(buf, row, moment, line) {
      const said = readTime(buf, row.from[field]!, row.to[field]!)
      if (!(said >= 0)) return
      const meant = moment - shift
      // A text may be shorter than the epoch: cut to its second, or to its day.
      if (Math.abs(said - meant) < 1_000_000) return
      if (said % DAY_US === 0 && meant - said >= 0 && meant - said < DAY_US && row.to[field]! - row.from[field]! <= 12)
        return
      if (rows++ === 0) first = line
    },
    get found() {
      return { rows, line: first }
    },
  }
}
