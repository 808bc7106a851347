import { expect, test } from 'vitest'
import { healthLines } from '../../src/core/health-report.ts'
import type { Check, Measure } from '../../src/health/check.ts'
import { judged, MOST_TOLD, stateOf } from '../../src/health/judge.ts'
import { worst } from '../../src/health/model.ts'
import { nagiosText } from '../../src/health/nagios.ts'
import { prometheusText } from '../../src/health/prometheus.ts'
import { limitOf, thresholdsOf } from '../../src/health/thresholds.ts'

const check: Check = {
  ...{ name: 'slots', group: 'server', unit: 'B', threshold: { warn: 10, crit: 20 } },
  ...{ why: 'it fills the disk', try: 'drop it', clear: 'no slot', measure: async () => [] },
}
const judge = (measures: readonly Measure[]) => judged(check, measures, () => check.threshold!)
const one = (object: string, value: number): Measure => ({ object, value, text: `holds ${value}` })

test.each([
  [9, { warn: 10, crit: 20 }, 'OK'],
  [10, { warn: 10, crit: 20 }, 'WARNING'],
  [20, { warn: 10, crit: 20 }, 'CRITICAL'],
  [96, { warn: 95, crit: 90 }, 'OK'],
  [95, { warn: 95, crit: 90 }, 'WARNING'],
  [90, { warn: 95, crit: 90 }, 'CRITICAL'],
  [5, { warn: null, crit: 20 }, 'OK'],
  [null, { warn: 1, crit: 2 }, 'UNKNOWN'],
] as const)('%s against %o is %s', (value, threshold, state) => expect(stateOf(value, threshold)).toBe(state))

test('what is fine comes to one line, what is not is told by name, the worst first', () => {
  expect(judge([])).toMatchObject([{ state: 'OK', object: null, text: 'no slot' }])
  const fine = judge([one('a', 1), one('b', 9), one('c', 3)])
  expect(fine).toMatchObject([{ state: 'OK', object: null, value: 9, text: expect.stringContaining('b: holds 9') }])
  const mixed = judge([one('a', 12), one('b', 25), one('c', 3), one('d', 15)])
  expect(mixed.map(({ object, state }) => [object, state])).toEqual([
    ['b', 'CRITICAL'],
    ['d', 'WARNING'],
    ['a', 'WARNING'],
  ])
})

test('however many are bad, few are told, and the rest is counted', () => {
  const many = judge(Array.from({ length: 5000 }, (_, i) => one(`s${i}`, 100 + i)))
  expect(many).toHaveLength(MOST_TOLD + 1)
  expect(many[0]).toMatchObject({ object: 's4999', state: 'CRITICAL' })
  expect(many.at(-1)).toMatchObject({ object: `${5000 - MOST_TOLD} more`, state: 'CRITICAL' })
})

test('limits of an object stand over the check, below what was written; least only makes it worse', () => {
  const limits = { warn: 100, crit: 200 }
  expect(judge([{ ...one('a', 50), limits }])).toMatchObject([{ state: 'OK', warn: 100, crit: 200 }])
  expect(judged(check, [{ ...one('a', 50), limits }], () => ({ warn: 20, crit: 30 }))[0]!.state).toBe('CRITICAL')
  expect(judge([{ ...one('a', 1), least: 'WARNING' }])[0]!.state).toBe('WARNING')
  expect(judge([{ ...one('a', 25), least: 'WARNING' }])[0]!.state).toBe('CRITICAL')
})

test('the whole is as bad as its worst; what was skipped neither helps nor harms', () => {
  const of = (...states: ('OK' | 'WARNING' | 'CRITICAL' | 'UNKNOWN' | 'SKIPPED')[]) =>
    worst(states.map((state) => ({ state })))
  expect(of('OK', 'SKIPPED')).toBe('OK')
  expect(of('OK', 'UNKNOWN')).toBe('UNKNOWN')
  expect(of('UNKNOWN', 'WARNING')).toBe('WARNING')
  expect(of('WARNING', 'CRITICAL', 'UNKNOWN')).toBe('CRITICAL')
  expect(of('SKIPPED')).toBe('UNKNOWN')
  expect(of()).toBe('UNKNOWN')
})

test.each([
  ['5m', 's', 300],
  ['300', 's', 300],
  ['10GB', 'B', 10 * 1024 ** 3],
  ['1 MiB', 'B', 1024 ** 2],
  ['80%', '%', 80],
  ['80', '%', 80],
  ['3', '1', 3],
  ['many', '1', undefined],
  ['80%', 's', undefined],
  ['5m', 'B', undefined],
] as const)('%s as %s is %s', (text, unit, value) => expect(limitOf(text, unit)).toBe(value))

test('an object stands over its check, flags over the config, the config over the default', () => {
  const none = { warn: [], crit: [] }
  const written = { slots: { warn: 11 }, 'slots/standby1': { crit: '1k' } }
  const settled = thresholdsOf([check], [check], written, none)
  expect(settled.of(check, null)).toEqual({ warn: 11, crit: 20 })
  expect(settled.of(check, 'other')).toEqual({ warn: 11, crit: 20 })
  expect(settled.of(check, 'standby1')).toEqual({ warn: 11, crit: 1024 })
  expect(thresholdsOf([check], [check], written, { warn: ['7'], crit: ['slots/standby1=9'] }).of(check, null)).toEqual({
    warn: 7,
    crit: 20,
  })
  expect(thresholdsOf([check], [check], { slots: { enabled: false } }, none).enabled(check)).toBe(false)
  expect(thresholdsOf([check], [check], { 'slots/old': { enabled: false } }, none).of(check, 'old')).toEqual({
    warn: null,
    crit: null,
  })
  expect(() => thresholdsOf([check], [check], { slotz: { warn: 1 } }, none)).toThrow(/no check "slotz"/)
  expect(() => thresholdsOf([check], [check], { slots: { warn: 'soon' } }, none)).toThrow(/no threshold of slots/)
  expect(() => thresholdsOf([check, check], [check, check], {}, { warn: ['7'], crit: [] })).toThrow(/of which check/)
})

const hostile = `a'b|c=d\n\u001b[31mred\u0007\\"${'x'.repeat(1 << 20)}`
const report = { at: '2026-01-01T00:00:00.000Z', findings: judge([{ object: hostile, value: 25, text: hostile }]) }

test('hostile names stay text in Nagios: lines, bars, escapes and a megabyte', () => {
  const lines = nagiosText(report).split('\n')
  expect(lines).toHaveLength(3)
  expect(lines[0]!.split('|')).toHaveLength(2)
  expect(lines[1]).not.toContain('|')
  for (const line of lines) {
    expect(line).not.toMatch(/\p{Cc}/u)
    expect(line.length).toBeLessThan(2_000)
  }
  expect(lines[0]).toMatch(/^ARXDB CRITICAL - .* \| 'slots a''b\/c_d \[31mred .*'=25B;10;20$/)
})

test('and in Prometheus, whose labels are lines', async () => {
  const text = await prometheusText(report)
  for (const line of text.trimEnd().split('\n')) {
    if (line !== '')
      expect(line).toMatch(/^(# (HELP|TYPE) .*|[a-z_]+(\{([a-z]+="([^"\\\n]|\\.)*",?)*\})? -?[0-9.e+-]+)$/)
  }
  expect(text.length).toBeLessThan(10_000)
})

test('on a terminal what is wrong has its reason and its remedy below it, what is well one line', () => {
  const lines = healthLines([
    {
      state: 'CRITICAL',
      check: 'slots',
      object: 'gone',
      text: 'holds 12 GB',
      why: 'it fills the disk',
      try: 'drop it',
    },
    { state: 'OK', check: 'disk', object: null, text: 'half empty', why: 'it fills', try: null },
    { state: 'SKIPPED', check: 'archiver', object: null, text: 'off', why: 'x', try: 'arxdb wal setup' },
  ])
  expect(lines).toEqual([
    ...['CRITICAL  slots gone: holds 12 GB', '  why: it fills the disk', '  try: drop it'],
    'OK        disk: half empty',
    ...['SKIPPED   archiver: off', '  try: arxdb wal setup'],
  ])
})
