import { count, roughly } from '../../wording.ts'
import { type Check, type Measure, needsMonitor, type Remembered } from '../check.ts'

interface Row {
  readonly kind: 'session' | 'prepared' | 'standby' | 'slot'
  readonly name: string
  readonly detail: string
  readonly since: string | null
  readonly seconds: number | null
  readonly horizon: string | null
  readonly transactions: number | null
}

/** A standby of an idle primary asks for the newest transaction and stays there: nothing is kept for it. */
const KEEPS_SOMETHING = 1_000

export const oldestTransaction: Check = {
  ...{ name: 'oldest-transaction', group: 'server', unit: 's', threshold: { warn: 3_600, crit: 21_600 } },
  why: 'vacuum removes nothing that died after it began: tables grow, and transaction numbers run out',
  try: 'arxdb top; select pg_terminate_backend(PID)',
  clear: 'no transaction is old',
  async measure(vantage) {
    needsMonitor(vantage, "other users' transactions")
    const { warn, crit } = vantage.threshold(null)
    const rows = await vantage.run<Row>('health/oldest-transaction', { longer_than: warn ?? crit ?? 0 })
    const kept = rows.filter(({ seconds, transactions }) => seconds === null && (transactions ?? 0) >= KEEPS_SOMETHING)
    const still = unmoved(kept, vantage.before, vantage.now)
    vantage.remember(still)
    return rows.flatMap((row) => {
      if (row.seconds !== null) return [timed(row)]
      const since = still[sinceKey(row)]
      return since === undefined ? [] : [counted(row, since, vantage.now)]
    })
  },
}

const nameOf = ({ kind, name }: Row): string => (kind === 'session' ? `pid ${name}` : `${kind} ${name}`)
const sinceKey = (row: Row): string => `${nameOf(row)} since`

/** Horizons that stand still, and since when they have been seen to: now, at first. */
function unmoved(rows: readonly Row[], before: Remembered | undefined, now: Date): Readonly<Record<string, string>> {
  const pairs = rows.flatMap((row) => {
    const known = before?.values[nameOf(row)] === row.horizon ? before?.values[sinceKey(row)] : undefined
    return [
      [nameOf(row), row.horizon!],
      [sinceKey(row), typeof known === 'string' ? known : now.toISOString()],
    ]
  })
  return Object.fromEntries(pairs)
}

function timed(row: Row): Measure {
  const { kind, name, detail, since, seconds } = row
  const text = `${detail} began ${roughly(seconds!)} ago`
  const prepared = kind === 'prepared'
  return {
    ...{ object: nameOf(row), value: seconds, since },
    text: prepared ? `${detail}, prepared ${roughly(seconds!)} ago and neither committed nor rolled back` : text,
    try: prepared
      ? `rollback prepared '${name.replaceAll("'", "''")}', or commit it`
      : `select pg_terminate_backend(${name})`,
  }
}

function counted(row: Row, since: string, now: Date): Measure {
  const seconds = Math.max(0, (now.getTime() - Date.parse(since)) / 1000)
  const back = count(row.transactions!, 'transaction')
  return {
    ...{ object: nameOf(row), value: seconds, since },
    text: `${row.detail}, has rows kept that died ${back} ago, unmoved for ${roughly(seconds)}`,
    try:
      row.kind === 'slot'
        ? `select pg_drop_replication_slot('${row.name.replaceAll("'", "''")}')`
        : 'on the standby: long queries, and hot_standby_feedback',
  }
}
