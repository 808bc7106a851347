import { NotJudged, quoted } from '../../check.ts'
import { sample } from '../family.ts'
import type { Source } from '../source.ts'

interface Row {
  readonly state: string
  readonly sessions: number
  readonly waiting: number
}

export const activity: Source = {
  name: 'activity',
  async read({ run, server }) {
    if (!server.monitor) {
      const hint = `grant pg_monitor to ${quoted(server.role_name)}`
      throw new NotJudged('UNKNOWN', `${server.role_name} cannot see other users' sessions`, hint)
    }
    const rows = await run<Row>('metrics/activity')
    const sum = (of: (row: Row) => number): number => rows.reduce((all, row) => all + of(row), 0)
    const pool = (state: string, count: number) => sample('db_pool_connections', count, { state })
    return [
      ...rows.map(({ state, sessions }) => sample('db_connections', sessions, { state })),
      pool(
        'active',
        sum((row) => (row.state === 'active' ? row.sessions - row.waiting : 0)),
      ),
      pool(
        'idle',
        sum((row) => (row.state === 'idle' ? row.sessions : 0)),
      ),
      pool(
        'waiting',
        sum((row) => row.waiting),
      ),
    ]
  },
}
