import { count } from '../../wording.ts'
import type { Check, Measure } from '../check.ts'

interface Row {
  readonly slots: number
  readonly per_transaction: number
  readonly dump: number
  readonly relation: string | null
  readonly parts: number | null
  readonly question: number | null
  readonly drop: number | null
}

export const locks: Check = {
  ...{ name: 'locks', group: 'server', unit: '%', threshold: { warn: 50, crit: 100 } },
  why: 'the table of locks is shared: who finds it full fails, and whoever comes next does too',
  try: 'alter system set max_locks_per_transaction = 1024; then restart the server',
  clear: 'nothing to lock',
  async measure({ run }) {
    const [row] = await run<Row>('health/locks')
    const { dump, relation, parts, question, drop } = row!
    const dumped = measured(row!, 'a dump', dump, 'a dump')
    if (relation === null) return [dumped]
    const whole = `${relation} in ${count(parts!, 'part')}: its drop`
    return [
      dumped,
      measured(row!, relation, drop!, whole, `, and a question without bounds ${question!.toLocaleString('en-US')}`),
    ]
  },
}

function measured({ slots, per_transaction }: Row, object: string, wanted: number, what: string, more = ''): Measure {
  // Twice as many as wanted, for those who work meanwhile; in powers of two, as people write it.
  const enough = 2 ** Math.ceil(Math.log2((per_transaction * 2 * wanted) / slots))
  return {
    ...{ object, value: Number(((100 * wanted) / slots).toFixed(2)) },
    text: `${what} takes ${count(wanted, 'lock')} of ${slots.toLocaleString('en-US')}${more}`,
    try: `alter system set max_locks_per_transaction = ${enough}; then restart the server`,
  }
}
