import { count, humanBytes } from '../../wording.ts'
import type { Check } from '../check.ts'

interface Row {
  readonly relation: string
  readonly bytes: number
  readonly live: number
}

export const rootRows: Check = {
  ...{ name: 'root-rows', group: 'timescaledb', unit: 'B', threshold: null },
  ...{ needs: ['timescaledb'] },
  why: 'rows that were written while TimescaleDB was restoring lie in the table itself, where no question finds them',
  try: 'set timescaledb.restoring = on; select * from only TABLE limit 10',
  clear: 'no hypertable has rows outside of its chunks',
  async measure({ run }) {
    const found = await run<Row>('health/root-rows')
    return found.map(({ relation, bytes, live }) => ({
      ...{ object: relation, value: bytes, state: live > 0 ? ('CRITICAL' as const) : ('WARNING' as const) },
      text:
        live > 0
          ? `${count(live, 'row')} in the root itself, ${humanBytes(bytes)}: written while timescaledb.restoring was on`
          : `${humanBytes(bytes)} of the root itself: rows written while timescaledb.restoring was on, or what is left of them`,
      try: moved(relation),
    }))
  },
}

/** A session that restores sees the root's rows and writes there; one that does not, does neither. */
const moved = (relation: string): string =>
  [
    'begin',
    'set local timescaledb.restoring = on',
    `create temp table outside on commit drop as select * from only ${relation}`,
    `truncate only ${relation}`,
    'set local timescaledb.restoring = off',
    `insert into ${relation} select * from outside`,
    'commit',
  ].join('; ')
