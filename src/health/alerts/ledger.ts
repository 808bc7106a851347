// From one report of health to the next: what is raised, what still stands, what is over. Pure: time and reports go in,
// events come out.
import { roughly } from '../../wording.ts'
import { bySeverity, type Finding, type State } from '../model.ts'
import { type AlertEvent, eventOf } from './event.ts'

/** One thing that was found bad, raised or not yet. */
export interface Alert {
  readonly check: string
  /** The last runs that could judge it: 1 bad, 0 good; the newest last. */
  readonly history: string
  readonly raised: boolean
  readonly since: string
  /** When it was last told, and as what. */
  readonly toldAt: string | null
  readonly toldState: State | null
  /** As it was found bad last. */
  readonly finding: Finding
}

export type Alerts = Readonly<Record<string, Alert>>

export interface Damping {
  /** Raised when it was bad in `bad` of the last `of` runs, cleared when it was good in the last `bad`. */
  readonly bad: number
  readonly of: number
}

export interface Manner {
  readonly damping: Damping
  readonly repeatMs: number
  readonly level: 'warning' | 'critical'
  readonly server: string
}

interface Step {
  readonly alerts: Alerts
  readonly events: readonly AlertEvent[]
}

/** What could not be seen is no better than what is bad, and no reason to believe that it is over. */
const isBad = ({ state }: Finding, { level }: Manner): boolean =>
  state === 'CRITICAL' || state === 'UNKNOWN' || (state === 'WARNING' && level === 'warning')

/** The rest of many is one thing, however many they are. */
const keyOf = ({ check, object }: Finding): string =>
  object === null ? check : `${check}/${object.replace(/^\d+ more$/, 'more')}`

/** One run. `connection` among the findings says whether the others mean anything. */
export function step(before: Alerts, findings: readonly Finding[], now: Date, manner: Manner): Step {
  const alerts: Record<string, Alert> = {}
  const events: AlertEvent[] = []
  const bad = new Map(findings.filter((one) => isBad(one, manner)).map((one) => [keyOf(one), one]))
  for (const [key, finding] of bad) {
    const next = found(key, before[key], finding, now, manner)
    alerts[key] = next.alert
    if (next.event) events.push(next.event)
  }
  const judged = judgedIn(findings)
  for (const [key, alert] of Object.entries(before)) {
    if (bad.has(key)) continue
    const seen = judged(alert.check)
    if (seen === 'unseen') {
      alerts[key] = alert
      continue
    }
    const next = missed(key, alert, seen, findings, now, manner)
    if (next.alert) alerts[key] = next.alert
    if (next.event) events.push(next.event)
  }
  return { alerts, events }
}

type Seen = 'good' | 'unseen' | 'not asked'

/** Whether the absence of a bad finding means that all is well. */
function judgedIn(findings: readonly Finding[]): (check: string) => Seen {
  const connected = findings.every(({ check, state }) => check !== 'connection' || state === 'OK')
  return (check) => {
    const states = findings.filter((one) => one.check === check).map(({ state }) => state)
    if (states.length === 0) return 'not asked'
    if (states.some((state) => state !== 'SKIPPED' && state !== 'UNKNOWN')) return 'good'
    // Skipped with a connection: it does not apply here any more.
    return connected && states.every((state) => state === 'SKIPPED') ? 'good' : 'unseen'
  }
}

function found(key: string, known: Alert | undefined, finding: Finding, now: Date, manner: Manner) {
  const history = `${known?.history ?? ''}1`.slice(-manner.damping.of)
  const since = finding.since ?? known?.since ?? now.toISOString()
  const alert: Alert = {
    ...{ check: finding.check, history, since, finding },
    ...{ raised: known?.raised ?? false, toldAt: known?.toldAt ?? null, toldState: known?.toldState ?? null },
  }
  const kind = due(alert, now, manner)
  if (kind === undefined) return { alert, event: undefined }
  const before = kind === 'raised' ? (alert.toldState ?? undefined) : undefined
  const event = eventOf(finding, { event: kind, alert: key, server: manner.server, since, now, before })
  return { alert: { ...alert, raised: true, toldAt: now.toISOString(), toldState: finding.state }, event }
}

function due(
  { raised, history, toldAt, toldState, finding }: Alert,
  now: Date,
  { damping, repeatMs }: Manner,
): 'raised' | 'still' | undefined {
  if (!raised) return history.replaceAll('0', '').length >= damping.bad ? 'raised' : undefined
  if (toldState !== null && bySeverity(finding, { state: toldState }) < 0) return 'raised'
  return repeatMs > 0 && toldAt !== null && now.getTime() - Date.parse(toldAt) >= repeatMs ? 'still' : undefined
}

/** Not bad this time. */
function missed(key: string, known: Alert, seen: Seen, findings: readonly Finding[], now: Date, manner: Manner) {
  const { bad, of } = manner.damping
  const history = `${known.history}0`.slice(-of)
  const alert: Alert = { ...known, history }
  if (!known.raised) return { alert: history.includes('1') && seen === 'good' ? alert : undefined, event: undefined }
  if (seen === 'good' && !history.endsWith('0'.repeat(bad))) return { alert, event: undefined }
  const lasted = roughly(Math.max(0, (now.getTime() - Date.parse(known.since)) / 1000))
  const now_ = findings.find((one) => keyOf(one) === key && one.state === 'OK')
  const why = seen === 'not asked' ? 'is not asked any more' : (now_?.text ?? 'is no more')
  const well: Finding = {
    ...known.finding,
    state: 'OK',
    value: now_?.value ?? null,
    text: `${why}, after ${lasted}`,
    try: null,
  }
  const occasion = { event: 'cleared', alert: key, server: manner.server, since: known.since, now } as const
  return { alert: undefined, event: eventOf(well, { ...occasion, before: known.toldState ?? undefined }) }
}
