import { humanBytes, roughly } from '../../wording.ts'
import { type Check, NotJudged, needsMonitor, type Vantage } from '../check.ts'

interface Row {
  readonly receiving: boolean
  readonly source: 'stream' | 'archive'
  readonly behind: number
  readonly paused: boolean
  readonly replayed_at: string | null
  readonly seconds: number | null
  readonly heard_at: string | null
}

export const replayLag: Check = {
  ...{ name: 'replay-lag', group: 'server', unit: 's', threshold: { warn: 60, crit: 600 } },
  needs: ['standby'],
  why: 'questions are answered with old data, and a takeover has to catch up first',
  try: 'arxdb health long-queries blocking',
  clear: 'it has replayed all',
  async measure(vantage) {
    needsMonitor(vantage, 'what the standby receives')
    const [row] = await vantage.run<Row>('health/replay-lag')
    const { receiving, source, behind, paused, seconds, replayed_at } = row!
    const last =
      replayed_at === null ? 'it has replayed no transaction yet' : `its last transaction is of ${replayed_at}`
    if (!receiving && source === 'archive') {
      throw new NotJudged('SKIPPED', `it is fed from an archive, where an idle primary looks like a late one; ${last}`)
    }
    if (!receiving) {
      return [
        {
          ...{ object: null, value: seconds, since: row!.heard_at, state: 'CRITICAL' },
          text: `it receives nothing from its primary; ${last}`,
          try: 'the server log of the standby says why; primary_conninfo',
        },
      ]
    }
    // The primary may be idle: only what was received and not replayed is late.
    if (behind === 0) vantage.remember({ caught_up: vantage.now.toISOString() })
    if (behind === 0) return [{ object: null, value: 0, text: `it has replayed all that it received; ${last}` }]
    const late = bounded(seconds ?? 0, vantage)
    const held = paused ? ', replay is paused' : ''
    return [
      {
        ...{ object: null, value: late },
        text: `${humanBytes(behind)} are received and not replayed, ${roughly(late)} behind${held}`,
        try: paused ? 'select pg_wal_replay_resume()' : undefined,
      },
    ]
  },
}

/** What comes after an idle hour is not an hour late: nothing is later than the last time when all had been replayed. */
function bounded(seconds: number, { before, now }: Vantage): number {
  const caughtUp = before?.values.caught_up
  if (typeof caughtUp !== 'string') return seconds
  return Math.max(0, Math.min(seconds, (now.getTime() - Date.parse(caughtUp)) / 1000))
}
