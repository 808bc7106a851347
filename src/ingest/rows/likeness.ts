// Rows may not differ in what an import has one of: its source and its attribution.

import type { Plan } from '../plan/plan.ts'
import { BadRow } from './bad-row.ts'
import { fieldText, type Row } from './scan.ts'

/** Throws BadRow for a record that says another one than the first row; undefined when the file's rows say none. */
export function likeness(plan: Plan): ((buf: Buffer, row: Row) => void) | undefined {
  if (plan.same.length === 0) return undefined
  const wanted = plan.same.map((one) => ({ ...one, bytes: Buffer.from(one.value) }))
  return (buf, row) => {
    for (let i = 0; i < wanted.length; i++) {
      const { name, field, value, bytes } = wanted[i]!
      if (isSame(bytes, buf, row.from[field]!, row.to[field]!)) continue
      const found = fieldText(buf, row, field)
      if (found === value) continue
      const advice = 'give one for all: --source NAME --attribution TEXT'
      throw new BadRow(`"${found}" differs from the first row's "${value}"`, 'differs', name, advice)
    }
  }
}

/** In place: a call of Buffer.compare costs more than the few bytes. */
function isSame(bytes: Buffer, buf: Buffer, from: number, to: number): boolean {
  if (to - from !== bytes.length) return false
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== buf[from + i]) return false
  return true
}
