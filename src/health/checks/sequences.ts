import { count, percent } from '../../wording.ts'
import { type Check, type Measure, NotJudged, quoted } from '../check.ts'

interface Row {
  readonly sequence: string | null
  readonly used: number | null
  readonly last: string | null
  readonly final: string | null
  readonly table_name: string | null
  readonly column_name: string | null
  readonly hidden: number
  readonly hidden_in: string | null
}

export const sequences: Check = {
  ...{ name: 'sequences', group: 'server', unit: '%', threshold: { warn: 75, crit: 90 } },
  why: 'after its last number every insert fails',
  try: 'alter table NAME alter column NAME type bigint',
  clear: 'no sequence has given out a number',
  async measure({ run, server }) {
    const rows = await run<Row>('health/sequences')
    const { hidden, hidden_in } = rows[0]!
    const seen = rows.flatMap((row) => (row.sequence === null ? [] : [measured(row, row.sequence)]))
    if (hidden === 0) return seen
    const text = `${server.role_name} may not look at ${count(hidden, 'sequence')}`
    const grant = `grant select on all sequences in schema ${quoted(hidden_in!)} to ${quoted(server.role_name)}`
    if (seen.length === 0) throw new NotJudged('SKIPPED', text, grant)
    return [...seen, { object: 'others', value: null, state: 'UNKNOWN', text, try: grant }]
  },
}

function measured({ used, last, final, table_name, column_name }: Row, sequence: string): Measure {
  const text = `it is at ${last} of ${final}, ${percent(used! / 100)}`
  const wider = `alter sequence ${sequence} as bigint`
  if (table_name === null) return { object: sequence, value: used, text, try: wider }
  return {
    ...{ object: sequence, value: used, text: `${text}, for ${table_name}.${column_name}` },
    try: `alter table ${table_name} alter column ${column_name} type bigint; ${wider}`,
  }
}
