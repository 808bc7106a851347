import { type Check, quoted } from '../check.ts'

interface Row {
  readonly restoring: boolean
  readonly source: string | null
  readonly for_database: boolean
  readonly restores: number
}

export const restoring: Check = {
  ...{ name: 'restoring', group: 'timescaledb', unit: '1', threshold: null },
  ...{ needs: ['timescaledb'] },
  why: 'compressed chunks are not read, and new rows go where no question finds them',
  try: 'select timescaledb_post_restore()',
  clear: 'timescaledb.restoring is off',
  async measure({ run, server }) {
    const [row] = await run<Row>('health/restoring')
    const { restoring: on, source, for_database, restores } = row!
    if (!on && !for_database) return []
    const where = for_database ? `for database ${server.database}` : `by ${source ?? 'a setting'}`
    const database = quoted(server.database)
    return [
      {
        ...{ object: null, value: 1, state: restores > 0 ? ('WARNING' as const) : ('CRITICAL' as const) },
        text: `timescaledb.restoring is on ${where}, and ${restores > 0 ? 'pg_restore is at work' : 'no pg_restore is at work'}`,
        ...(for_database
          ? { try: `select timescaledb_post_restore(); alter database ${database} reset timescaledb.restoring` }
          : { try: 'alter system reset timescaledb.restoring; select pg_reload_conf()' }),
      },
    ]
  },
}
