import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type AlertEvent, lineOf } from '../../src/health/alerts/event.ts'
import { type Alerts, type Manner, step } from '../../src/health/alerts/ledger.ts'
import { alertThresholds } from '../../src/health/alerts/rules.ts'
import type { Check } from '../../src/health/check.ts'
import type { Finding, State } from '../../src/health/model.ts'
import { thresholdsOf } from '../../src/health/thresholds.ts'

const AT_ONCE: Manner = { damping: { bad: 1, of: 1 }, repeatMs: 0, level: 'warning', server: 's:1/d' }
const DAMPED: Manner = { ...AT_ONCE, damping: { bad: 2, of: 3 } }

const finding = (check: string, state: State, object: string | null = null): Finding => ({
  ...{ check, object, state, value: 1, unit: '1', warn: 1, crit: 2, since: null },
  ...{ text: `is ${state}`, why: 'because', try: 'this' },
})
const connected = finding('connection', 'OK')
const lost = finding('connection', 'CRITICAL')

/** Rounds a minute apart; the events of each. */
function rounds(manner: Manner, reports: readonly (readonly Finding[])[]) {
  let alerts: Alerts = {}
  const told = reports.map((findings, i) => {
    const done = step(alerts, findings, new Date(Date.UTC(2026, 0, 1) + i * 60_000), manner)
    alerts = JSON.parse(JSON.stringify(done.alerts)) as Alerts
    return done.events
  })
  return { told, alerts, names: told.map((events) => events.map(({ event, alert }) => `${event} ${alert}`)) }
}

const slots = (...states: readonly State[]) => states.map((state) => [connected, finding('slots', state)])

test('raised once, cleared once', () => {
  const { names, told, alerts } = rounds(AT_ONCE, slots('OK', 'WARNING', 'WARNING', 'OK', 'OK'))
  expect(names).toEqual([[], ['raised slots'], [], ['cleared slots'], []])
  expect(told[3]![0]).toMatchObject({
    state: 'OK',
    before: 'WARNING',
    lasts: 120,
    text: 'is OK, after 2 min',
    try: null,
  })
  expect(alerts).toEqual({})
})

test('what still stands is told again after a while', () => {
  const { names } = rounds(
    { ...AT_ONCE, repeatMs: 120_000 },
    slots('WARNING', 'WARNING', 'WARNING', 'WARNING', 'WARNING'),
  )
  expect(names).toEqual([['raised slots'], [], ['still slots'], [], ['still slots']])
})

test('worse is told at once, better is not', () => {
  const { names, told } = rounds(AT_ONCE, slots('WARNING', 'CRITICAL', 'WARNING', 'CRITICAL', 'OK'))
  expect(names).toEqual([['raised slots'], ['raised slots'], [], [], ['cleared slots']])
  expect(told[1]![0]).toMatchObject({ state: 'CRITICAL', before: 'WARNING' })
})

test('flapping is one alert: two of three raise, two good ones in a row clear', () => {
  const { names } = rounds(
    DAMPED,
    slots('WARNING', 'OK', 'WARNING', 'OK', 'WARNING', 'OK', 'OK', 'OK', 'WARNING', 'OK', 'OK'),
  )
  expect(names.flat()).toEqual(['raised slots', 'cleared slots'])
  expect(names[2]).toEqual(['raised slots'])
  expect(names[6]).toEqual(['cleared slots'])
})

test('an object that is gone is over; the rest of many is one thing', () => {
  const { names } = rounds(AT_ONCE, [
    [connected, finding('long', 'WARNING', 'pid 1'), finding('long', 'WARNING', '5 more')],
    [connected, finding('long', 'WARNING', 'pid 2'), finding('long', 'WARNING', '7 more')],
    [connected, finding('long', 'OK')],
  ])
  expect(names).toEqual([
    ['raised long/pid 1', 'raised long/more'],
    ['raised long/pid 2', 'cleared long/pid 1'],
    ['cleared long/pid 2', 'cleared long/more'],
  ])
})

test('what cannot be seen is not over: a lost connection clears nothing, and is one alert', () => {
  const { names } = rounds(AT_ONCE, [
    [connected, finding('slots', 'CRITICAL', 'a')],
    [lost, finding('slots', 'SKIPPED')],
    [connected, finding('slots', 'UNKNOWN')],
    [connected, finding('slots', 'OK')],
  ])
  expect(names).toEqual(
    [
      ['raised slots/a'],
      ['raised connection'],
      ['raised slots', 'cleared connection'],
      ['cleared slots/a', 'cleared slots'].sort(),
    ].map((all) => expect.arrayContaining(all)),
  )
  expect(names.flat()).toHaveLength(6)
})

test('what does not apply any more, or is not asked, is over', () => {
  const skipped = rounds(AT_ONCE, [
    [connected, finding('slots', 'CRITICAL')],
    [connected, finding('slots', 'SKIPPED')],
  ])
  expect(skipped.names[1]).toEqual(['cleared slots'])
  const disabled = rounds(AT_ONCE, [[connected, finding('slots', 'CRITICAL')], [connected]])
  expect(disabled.told[1]).toMatchObject([{ event: 'cleared', text: 'is not asked any more, after 60 s' }])
})

test('critical only is told where only that is wanted', () => {
  const { names } = rounds({ ...AT_ONCE, level: 'critical' }, slots('WARNING', 'CRITICAL', 'WARNING'))
  expect(names).toEqual([[], ['raised slots'], ['cleared slots']])
})

test('whatever happens: raised and cleared take turns, and nothing stays that is over', () => {
  const state = fc.constantFrom<State>('OK', 'WARNING', 'CRITICAL', 'UNKNOWN', 'SKIPPED')
  const damping = fc
    .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 3 }))
    .map(([bad, more]) => ({ bad, of: bad + more }))
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), state), { maxLength: 30 }), damping, (steps, how) => {
      const manner = { ...AT_ONCE, damping: how }
      const reports = steps.map(([up, one]) => [up ? connected : lost, finding('slots', up ? one : 'SKIPPED')])
      const end = Array.from({ length: how.of }, () => [connected, finding('slots', 'OK')])
      const { told, alerts } = rounds(manner, [...reports, ...end])
      for (const alert of ['slots', 'connection']) {
        // Worse is raised again; the state before tells the two apart.
        const own = told
          .flat()
          .filter((event: AlertEvent) => event.alert === alert && !(event.event === 'raised' && event.before))
        expect(own.map(({ event }) => event)).toEqual(own.map((_, i) => (i % 2 === 0 ? 'raised' : 'cleared')))
        expect(own.length % 2).toBe(0)
      }
      expect(alerts).toEqual({})
    }),
  )
})

test('a line of a person steers no terminal', () => {
  const hostile = { ...finding('long', 'WARNING', 'pid 1\n\u001b[31m'), text: 'select\n\u001b[2J 1' }
  const { told } = rounds(AT_ONCE, [[connected, hostile]])
  expect(lineOf(told[0]![0]!)).toMatch(
    /^2026-01-01T00:00:00Z raised WARNING long\/pid 1 \[31m: select \[2J 1 \(try: this\)$/,
  )
  expect(JSON.stringify(told[0])).not.toMatch(/\\u001b|\\n/)
})

const check = (name: string, unit: Check['unit'], threshold: Check['threshold']): Check => ({
  ...{ name, group: 'server', unit, threshold, why: '', try: '', clear: '', measure: async () => [] },
})
const checks = [
  check('connections', '%', { warn: 80, crit: 95 }),
  check('cache-hit', '%', { warn: 97, crit: 80 }),
  check('long-queries', 's', { warn: 60, crit: 1_800 }),
]

test('the three old rules are the defaults, and give way as wholes', () => {
  const of = (...given: readonly [object, object]) => {
    const written = alertThresholds(checks, given[0] as never, given[1] as never)
    const settled = thresholdsOf(checks, checks, written, { warn: [], crit: [] })
    return checks.map((one) => settled.of(one, null))
  }
  // 180 of 200; under 95 %; over five minutes.
  expect(of({}, {})).toEqual([
    { warn: 90, crit: 95 },
    { warn: 95, crit: 90 },
    { warn: 300, crit: 1_800 },
  ])
  expect(of({ connections: { crit: 85 } }, { 'long-queries': { warn: '2m' } })).toEqual([
    { warn: 80, crit: 85 },
    { warn: 95, crit: 90 },
    { warn: 120, crit: 1_800 },
  ])
  expect(Object.keys(alertThresholds([checks[0]!], {}, {}))).toEqual(['connections'])
})
