import { roughly } from '../../wording.ts'
import { type Check, needsMonitor } from '../check.ts'

interface Row {
  readonly pid: number
  readonly role_name: string | null
  readonly application: string | null
  readonly failed: boolean
  readonly seconds: number
  readonly since: string
  readonly query: string
}

export const idleInTransaction: Check = {
  ...{ name: 'idle-in-transaction', group: 'server', unit: 's', threshold: { warn: 300, crit: 900 } },
  why: 'it does nothing, and keeps its locks and what vacuum would remove',
  try: 'select pg_terminate_backend(PID); idle_in_transaction_session_timeout',
  clear: 'no transaction idles',
  async measure(vantage) {
    needsMonitor(vantage, "other users' transactions")
    const { warn, crit } = vantage.threshold(null)
    const rows = await vantage.run<Row>('health/idle-in-transaction', { longer_than: warn ?? crit ?? 0 })
    return rows.map(({ pid, role_name, application, failed, seconds, since, query }) => ({
      ...{ object: `pid ${pid}`, value: seconds, since },
      text: `${role_name ?? 'nobody'} (${application || 'no name'}) idles for ${roughly(seconds)} in ${failed ? 'a failed' : 'a'} transaction, after: ${query}`,
      try: `select pg_terminate_backend(${pid})`,
    }))
  },
}
