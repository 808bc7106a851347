// What is known of statements: by pg_stat_statements, else no more than how many transactions ended.
import { sample } from '../family.ts'
import type { Source } from '../source.ts'

interface Statements {
  readonly calls: number
  readonly milliseconds: number
  readonly reset_at: string | null
}

interface Transactions {
  readonly commits: number
  readonly rollbacks: number
  readonly reset_at: string | null
}

export const queries: Source = {
  name: 'queries',
  async read({ run, server, growth }) {
    const epoch = (reset: string | null): string => `${server.system_id} ${server.database} ${reset ?? ''}`
    const rate = (counted: string, perSecond: number | undefined) =>
      perSecond === undefined ? [] : [sample('db_queries_per_second', perSecond, { counted })]
    const [seen] = await run<Statements>('metrics/statements')
    if (seen) {
      const calls = Number(seen.calls)
      return [
        ...rate('statements', growth.perSecond('calls', calls, epoch(seen.reset_at))),
        sample('db_queries_total', calls),
        sample('db_query_duration_ms', seen.milliseconds, {}, 'sum'),
        sample('db_query_duration_ms', calls, {}, 'count'),
      ]
    }
    const [row] = await run<Transactions>('metrics/database')
    if (!row) return []
    const ended = Number(row.commits) + Number(row.rollbacks)
    return rate('transactions', growth.perSecond('transactions', ended, epoch(row.reset_at)))
  },
}
