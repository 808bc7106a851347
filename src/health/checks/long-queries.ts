import { roughly } from '../../wording.ts'
import { type Check, needsMonitor } from '../check.ts'

interface Row {
  readonly pid: number
  readonly role_name: string | null
  readonly application: string | null
  readonly seconds: number
  readonly since: string
  readonly query: string
}

export const longQueries: Check = {
  ...{ name: 'long-queries', group: 'server', unit: 's', threshold: { warn: 300, crit: 1_800 } },
  why: 'it holds its locks and its snapshot: vacuum cannot clean what it might still see',
  try: 'arxdb top; select pg_cancel_backend(PID)',
  clear: 'no query runs long',
  async measure(vantage) {
    needsMonitor(vantage, "other users' queries")
    const { warn } = vantage.threshold(null)
    const rows = await vantage.run<Row>('health/long-queries', { longer_than: warn ?? 0 })
    return rows.map(({ pid, role_name, application, seconds, since, query }) => ({
      ...{ object: `pid ${pid}`, value: seconds, since },
      text: `${role_name ?? 'nobody'} (${application || 'no name'}) runs for ${roughly(seconds)}: ${query}`,
      try: `select pg_cancel_backend(${pid})`,
    }))
  },
}
