import { sample } from '../family.ts'
import type { Source } from '../source.ts'

interface Row {
  readonly commits: number
  readonly rollbacks: number
  readonly blocks_hit: number
  readonly blocks_read: number
  readonly deadlocks: number
  readonly temp_bytes: number
  readonly abandoned: number
  readonly fatal: number
  readonly killed: number
  readonly places: number
}

export const database: Source = {
  name: 'database',
  async read({ run }) {
    const [row] = await run<Row>('metrics/database')
    if (!row) return []
    return [
      sample('db_connections_max', row.places),
      sample('db_transactions_total', Number(row.commits), { result: 'commit' }),
      sample('db_transactions_total', Number(row.rollbacks), { result: 'rollback' }),
      sample('db_blocks_hit_total', Number(row.blocks_hit)),
      sample('db_blocks_read_total', Number(row.blocks_read)),
      sample('db_deadlocks_total', Number(row.deadlocks)),
      sample('db_temp_bytes_total', Number(row.temp_bytes)),
      ...(['abandoned', 'fatal', 'killed'] as const).map((how) =>
        sample('db_sessions_lost_total', Number(row[how]), { how }),
      ),
    ]
  },
}
