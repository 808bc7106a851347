import { percent } from '../../wording.ts'
import type { Check } from '../check.ts'

interface Row {
  readonly database: string
  readonly xid_age: number
  readonly multixact_age: number
  readonly freeze_max_age: number
  readonly multixact_freeze_max_age: number
}

/** Numbers are compared over half of their circle; a little before its end the server takes no more writes. */
const CIRCLE = 2 ** 31

/** Autovacuum begins at the setting itself: this far over it, it does not come to an end. */
const OVERDUE = 1.1

export const wraparound: Check = {
  ...{ name: 'wraparound', group: 'server', unit: '%', threshold: { warn: 50, crit: 75 } },
  why: 'when transaction numbers run out the server refuses every write until all is vacuumed',
  try: 'arxdb health oldest-transaction slots; vacuumdb --freeze --dbname=NAME',
  clear: 'no database',
  async measure({ run }) {
    const rows = await run<Row>('health/wraparound')
    return rows.map((row) => {
      const { database, xid_age, multixact_age } = row
      const value = (100 * Math.max(xid_age, multixact_age)) / CIRCLE
      const late = xid_age >= OVERDUE * row.freeze_max_age || multixact_age >= OVERDUE * row.multixact_freeze_max_age
      const ages = `its oldest rows are ${xid_age.toLocaleString('en-US')} transactions and ${multixact_age.toLocaleString('en-US')} multixacts old, ${percent(value / 100)} of what there is`
      return {
        ...{ object: database, value },
        text: late ? `${ages}; autovacuum should have frozen them` : ages,
        // Nothing is lost yet, but what should keep it so is held up.
        least: late ? ('WARNING' as const) : undefined,
        try: `arxdb health oldest-transaction slots; vacuumdb --freeze --dbname=${database}`,
      }
    })
  },
}
