import { humanBytes } from '../../wording.ts'
import { type Check, type Measure, needsMonitor, type Remembered, type Vantage } from '../check.ts'
import { stateOf } from '../judge.ts'

interface Row {
  readonly name: string | null
  readonly client: string | null
  readonly state: string | null
  readonly behind: number | null
  readonly replayed: string | null
  readonly sync_state: string | null
  readonly synchronous_names: string
}

/** A standby may wait that long for a query of its own that is in the way of replay. */
const STALLED_SECONDS = 60

export const replication: Check = {
  ...{ name: 'replication', group: 'server', unit: 'B', threshold: { warn: 2 ** 30, crit: 10 * 2 ** 30 } },
  why: 'what a standby has not replayed it cannot take over with, and the primary keeps it',
  try: 'on the standby: arxdb health replay-lag',
  clear: 'no standby is connected',
  async measure(vantage) {
    needsMonitor(vantage, 'how far standbys are')
    const rows = await vantage.run<Row>('health/replication')
    const standbys = rows.flatMap((row) => (row.name === null ? [] : [{ ...row, object: objectOf(row, rows) }]))
    const measures = standbys.map((row) => measured(row, row.object, vantage))
    vantage.remember(moments(standbys, vantage))
    const waiting = rows[0]!.synchronous_names
    const synchronous = rows.some(({ sync_state }) => sync_state === 'sync' || sync_state === 'quorum')
    return waiting === '' || synchronous ? measures : [nobodyConfirms(waiting), ...measures]
  },
}

/** Standbys may share a name; then where they come from tells them apart. */
const objectOf = ({ name, client }: Row, rows: readonly Row[]): string =>
  rows.filter((other) => other.name === name).length > 1 ? `${name} ${client}` : name!

function measured(row: Row, object: string, { before, now, threshold }: Vantage): Measure {
  const behind = row.behind ?? 0
  const stood = stillSince(object, row.replayed, before)
  const seconds = stood === undefined ? 0 : (now.getTime() - Date.parse(stood)) / 1000
  const stalled = behind > 0 && seconds >= STALLED_SECONDS
  const { crit } = threshold(object)
  const over = stateOf(behind, { warn: null, crit }) === 'CRITICAL'
  const earlier = before?.values[object]
  const moving = behind > 0 && typeof earlier === 'string' && earlier !== row.replayed
  const text = `${row.state} to ${row.client}, ${humanBytes(behind)} behind`
  return {
    ...{ object, value: behind, since: stalled ? stood : undefined },
    text: stalled ? `${text}, and has replayed nothing since ${stood}` : text,
    // Standing still is wrong however little it is; behind, but replaying, is a burst of writing.
    state: moving && !over ? 'OK' : undefined,
    least: stalled ? 'WARNING' : undefined,
  }
}

/** Since when it is known to have stood at this position; undefined where it moved, or was not seen before. */
function stillSince(object: string, replayed: string | null, before: Remembered | undefined): string | undefined {
  const since = before?.values[`${object} since`]
  return before?.values[object] === replayed && typeof since === 'string' ? since : undefined
}

function moments(
  standbys: readonly (Row & { readonly object: string })[],
  { before, now }: Vantage,
): Remembered['values'] {
  const pairs = standbys.flatMap(({ object, replayed, behind }) => {
    // One that has all stands still because nothing is written.
    const since = behind === 0 ? null : (stillSince(object, replayed, before) ?? now.toISOString())
    return [
      [object, replayed],
      [`${object} since`, since],
    ]
  })
  return Object.fromEntries(pairs)
}

const nobodyConfirms = (names: string): Measure => ({
  ...{ object: 'synchronous', value: null, state: 'CRITICAL' },
  text: `synchronous_standby_names is "${names}", and no such standby is connected: every commit waits`,
  try: "bring the standby back, or: alter system set synchronous_standby_names = ''; select pg_reload_conf()",
})
