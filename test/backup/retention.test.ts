import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { momentOf } from '../../src/backup/label.ts'
import type { Manifest } from '../../src/backup/manifest.ts'
import { type Candidate, decide, isoWeek } from '../../src/backup/prune/retention.ts'
import { positionOf, walPlan } from '../../src/backup/prune/wal.ts'
import { RETENTION, type Retention } from '../../src/backup/settings.ts'

const NOW = Date.UTC(2026, 10, 25, 12)
const DAY = 86_400_000

let serial = 0
const labelAt = (ms: number, kind = 'dump'): string =>
  `${new Date(ms).toISOString().replace(/[-:]/g, '').slice(0, 15)}Z-${kind}-${(serial++).toString(16).padStart(6, '0')}`

const aged = (days: number, more: Partial<Candidate> = {}): Candidate => ({
  ...{ label: labelAt(NOW - days * DAY), parent: null, trusted: true, good: true, verified: false },
  ...more,
})
const rules = (more: Partial<Retention>): Retention => ({
  ...RETENTION,
  ...{ keepVerified: 0, count: 0, days: 0 },
  ...more,
})
const keptOf = (candidates: readonly Candidate[], retention: Retention): ReadonlySet<string> =>
  new Set(
    decide(candidates, retention, NOW)
      .filter(({ keep }) => keep)
      .map(({ label }) => label),
  )

describe('retention', () => {
  test('days, count, and the newest one whatever is asked for', () => {
    const [young, older, oldest] = [aged(1), aged(10), aged(40)] as [Candidate, Candidate, Candidate]
    expect(keptOf([oldest, young, older], rules({ days: 30 }))).toEqual(new Set([young.label, older.label]))
    expect(keptOf([oldest, young, older], rules({ count: 2 }))).toEqual(new Set([young.label, older.label]))
    expect(keptOf([oldest, young, older], rules({}))).toEqual(new Set([young.label]))
  })

  test('all that came in 60 days failed, 30 days are asked for: the newest verified ones stay', () => {
    const broken = Array.from({ length: 60 }, (_, day) => aged(day, { good: false }))
    const old = [61, 62, 95, 96, 97].map((day) => aged(day, { verified: true }))
    const kept = keptOf([...broken, ...old], { ...RETENTION, count: 1 })
    expect(old.filter(({ label }) => kept.has(label))).toEqual(old.slice(0, 2))
    // And what is broken does not count, though it stays: it is not older than 30 days before the newest good one.
    expect(kept.size).toBe(2 + 60)
  })

  test('nothing is verified: count and keepVerified, whichever is more', () => {
    const all = Array.from({ length: 9 }, (_, n) => aged(100 + n))
    expect(keptOf(all, rules({ keepVerified: 4, count: 1 })).size).toBe(4)
    expect(keptOf(all, rules({ keepVerified: 2, count: 5 })).size).toBe(5)
  })

  test('grandfathers: the newest of each period that has one, in UTC, weeks of ISO', () => {
    const at = (text: string): Candidate => ({ ...aged(0), label: labelAt(Date.parse(text)) })
    const all = ['2026-11-24T23:59:59Z', '2026-11-24T00:00:00Z', '2026-11-23T10:00:00Z', '2026-11-22T10:00:00Z']
      .concat(['2026-10-31T10:00:00Z', '2026-10-01T10:00:00Z', '2025-12-31T10:00:00Z', '2025-01-01T10:00:00Z'])
      .map(at)
    const kept = (more: Partial<Retention>): readonly number[] => {
      const set = keptOf(all, rules(more))
      return all.flatMap(({ label }, n) => (set.has(label) ? [n] : []))
    }
    expect(kept({ daily: 3 })).toEqual([0, 2, 3])
    expect(kept({ weekly: 2 })).toEqual([0, 3])
    expect(kept({ monthly: 3 })).toEqual([0, 4, 6])
    expect(kept({ yearly: 2 })).toEqual([0, 6])
    expect(
      ['2021-01-03', '2021-01-04', '2020-12-31', '2026-12-28', '2027-01-01'].map((day) => isoWeek(new Date(day))),
    ).toEqual(['2020-W53', '2021-W01', '2020-W53', '2026-W53', '2026-W53'])
  })

  test('what a kept one stands on is kept, all the way down', () => {
    const full = aged(50)
    const first = aged(45, { parent: full.label })
    const second = aged(2, { parent: first.label })
    const other = aged(60)
    expect(keptOf([full, first, second, other], rules({ days: 30 }))).toEqual(
      new Set([full.label, first.label, second.label]),
    )
  })

  test('a manifest that is not to be trusted stays, and does not count', () => {
    const forged = aged(99, { trusted: false, good: false })
    const good = aged(98)
    expect(keptOf([forged, good], rules({ count: 1 }))).toEqual(new Set([forged.label, good.label]))
  })

  test('what stands on one that is left for a human stays with it, and goes when that one goes', () => {
    const lost = { good: false, waits: true }
    const full = aged(99, { trusted: false, good: false })
    const first = aged(98, { ...lost, parent: full.label })
    const failed = aged(97, { good: false, parent: first.label })
    const above = aged(96, { ...lost, parent: failed.label })
    const newest = aged(1)
    const all = [full, first, failed, above, newest]
    expect(keptOf(all, rules({}))).toEqual(new Set([full.label, first.label, newest.label]))
    const removed = { ...full, trusted: true }
    expect(keptOf([removed, first, newest], rules({}))).toEqual(new Set([newest.label]))
    expect(keptOf([first, newest], rules({}))).toEqual(new Set([newest.label]))
    // The full one lacks an object; a young one on it has it stay, and so the one between.
    const young = aged(2, { ...lost, parent: removed.label })
    expect(keptOf([removed, first, young, newest], rules({ days: 3 }))).toEqual(
      new Set([removed, first, young, newest].map(({ label }) => label)),
    )
  })

  test('a manifest that cannot be read may stand on any older one of its kinds', () => {
    const at = (days: number, kind: string, more: Partial<Candidate> = {}) =>
      aged(days, { label: labelAt(NOW - days * DAY, kind), ...more })
    const [base, dump, pgbackrest] = [at(99, 'base'), at(98, 'dump'), at(97, 'pgbackrest')]
    const bad = at(96, 'incremental', { trusted: false, good: false })
    const [later, newest] = [at(95, 'base'), at(1, 'base')]
    const kept = (one: Candidate): readonly Candidate[] => {
      const all = [base, dump, pgbackrest, one, later, newest]
      const labels = keptOf(all, rules({}))
      return all.filter(({ label }) => labels.has(label))
    }
    expect(kept(bad)).toEqual([base, bad, newest])
    const told = { ...bad, parent: pgbackrest.label }
    expect(kept(told)).toEqual([pgbackrest, told, newest])
    const nowhere = { ...bad, parent: 'gone' }
    expect(kept(nowhere)).toEqual([base, nowhere, newest])
    const full = { ...bad, label: labelAt(NOW - 96 * DAY, 'base') }
    expect(kept(full)).toEqual([full, newest])
    const dumped = { ...bad, label: labelAt(NOW - 96 * DAY, 'pgbackrest') }
    expect(kept(dumped)).toEqual([pgbackrest, dumped, newest])
  })
})

/** Histories as they come: some broken, some verified, some standing on the one before. */
const histories = fc
  .array(
    fc.record({
      days: fc.double({ min: 0, max: 800, noNaN: true }),
      state: fc.constantFrom('good', 'verified', 'bad', 'untrusted'),
      stands: fc.boolean(),
    }),
    { maxLength: 40 },
  )
  .map((list) => {
    const sorted = [...list].sort((a, b) => b.days - a.days)
    const made: Candidate[] = []
    for (const { days, state, stands } of sorted) {
      const below = stands ? made.at(-1) : undefined
      const good = (state === 'good' || state === 'verified') && (below?.good ?? true)
      const verified = good && state === 'verified'
      const trusted = state !== 'untrusted'
      const waits = !good && trusted && state !== 'bad'
      made.push(aged(days, { parent: below?.label ?? null, trusted, good, verified, waits }))
    }
    return made
  })
const few = (max: number) => fc.integer({ min: 0, max })
const retentions: fc.Arbitrary<Retention> = fc.record({
  ...{ keepVerified: few(4), count: few(5), days: few(90), daily: few(8), weekly: few(8) },
  ...{ monthly: few(8), yearly: few(4) },
})

describe('laws of retention', () => {
  test('the newest verified, the ancestors of all that stays, the untrusted and the young stay', () => {
    fc.assert(
      fc.property(histories, retentions, (all, retention) => {
        const kept = keptOf(all, retention)
        const newest = [...all].sort((a, b) => (a.label < b.label ? 1 : -1))
        const must = [
          ...newest.filter(({ verified }) => verified).slice(0, retention.keepVerified),
          ...newest.filter(({ good }) => good).slice(0, Math.max(1, retention.count)),
          ...newest.filter(({ trusted }) => !trusted),
          ...newest.filter(({ label }) => momentOf(label) > NOW - retention.days * DAY),
        ]
        for (const { label } of must) expect(kept).toContain(label)
        for (const { label, parent } of all) if (kept.has(label) && parent) expect(kept).toContain(parent)
        const bad = new Set(all.filter(({ good }) => !good).map(({ label }) => label))
        for (const { label, parent, waits } of all) {
          if (waits && bad.has(parent!) && kept.has(parent!)) expect(kept).toContain(label)
        }
      }),
    )
  })

  test('pruning what was pruned removes nothing more', () => {
    fc.assert(
      fc.property(histories, retentions, (all, retention) => {
        const kept = keptOf(all, retention)
        const left = all.filter(({ label }) => kept.has(label))
        expect(keptOf(left, retention)).toEqual(kept)
      }),
    )
  })

  test('whoever sees fewer backups removes none that he would have kept seeing all, but above and below hidden ones', () => {
    fc.assert(
      fc.property(histories, retentions, fc.infiniteStream(fc.boolean()), (all, retention, hidden) => {
        const hide = new Set(all.filter(() => hidden.next().value).map(({ label }) => label))
        const beside = new Set<string>()
        const parents = new Map(all.map(({ label, parent }) => [label, parent]))
        for (const { label } of all) {
          for (let at = parents.get(label); at; at = parents.get(at)) {
            if (hide.has(label)) beside.add(at)
            if (hide.has(at)) beside.add(label)
          }
        }
        const seen = all.filter(({ label }) => !hide.has(label))
        const whole = keptOf(all, retention)
        const part = keptOf(seen, retention)
        for (const { label } of seen) if (!part.has(label) && !beside.has(label)) expect(whole).not.toContain(label)
      }),
    )
  })

  test('a clock that is ahead, or a year without backups, lets nothing more go', () => {
    fc.assert(
      fc.property(histories, retentions, fc.integer({ min: 0, max: 5000 }), (all, retention, days) => {
        const later = decide(all, retention, NOW + days * DAY).filter(({ keep }) => keep)
        expect(new Set(later.map(({ label }) => label))).toEqual(keptOf(all, retention))
      }),
    )
  })

  test('each database keeps its newest good one, and its newest verified one, for a year', () => {
    fc.assert(
      fc.property(histories, retentions, fc.infiniteStream(few(3)), (list, retention, databases) => {
        const all = list.map((one) => ({ ...one, of: `database ${databases.next().value}` }))
        const kept = keptOf(all, retention)
        const newest = [...all].sort((a, b) => (a.label < b.label ? 1 : -1))
        const since = momentOf(newest.find(({ good }) => good)?.label ?? labelAt(NOW)) - 366 * DAY
        for (const of of new Set(all.map((one) => one.of))) {
          for (const what of ['good', 'verified'] as const) {
            const last = newest.find((one) => one.of === of && one[what])
            if (last && momentOf(last.label) > since) expect(kept).toContain(last.label)
          }
        }
      }),
    )
  })

  test('the order in which they are given does not matter', () => {
    fc.assert(
      fc.property(histories, retentions, (all, retention) => {
        expect(decide([...all].reverse(), retention, NOW)).toEqual(decide(all, retention, NOW))
      }),
    )
  })
})

const segment = (number: number, timeline = 1, system = '73'): string => {
  const hex = (value: number) => value.toString(16).toUpperCase().padStart(8, '0')
  const name = `${hex(timeline)}${hex(Math.floor(number / 256))}${hex(number % 256)}`
  return `wal/${system}/${name.slice(0, 8)}/${name}.zst`
}
const base = (lsn: string, timeline = 1, system = '73'): Manifest =>
  ({
    ...{ kind: 'base', server: { systemId: system } },
    wal: { timeline, start: lsn, end: lsn, segmentBytes: 16 << 20 },
  }) as Manifest

describe('WAL', () => {
  test('what is older than the first segment of the oldest kept one goes, and not that segment', () => {
    const keys = [254, 255, 256, 257].map((number) => segment(number))
    expect(walPlan(keys, [base('1/1000028'), base('1/28')]).remove).toEqual(keys.slice(0, 2))
  })

  test('without a base backup of that cluster all of it stays, and history files always', () => {
    const keys = [segment(1), segment(1, 1, '99'), 'wal/73/00000002/00000002.history', 'wal/73/00000002.history.zst']
    const { remove, notes } = walPlan(keys, [base('0/5000028'), { ...base('0/1'), kind: 'dump', wal: null }])
    expect(remove).toEqual([segment(1)])
    expect(notes.join()).toContain('cluster 99')
  })

  test('a younger timeline that began further back keeps what it needs', () => {
    const keys = [3, 5, 9].flatMap((number) => [segment(number, 1), segment(number, 2)])
    const { remove } = walPlan(keys, [base('0/9000028', 1), base('0/5000028', 2)])
    expect(remove).toEqual([segment(3, 1), segment(3, 2)])
  })

  test('no segment that a kept one reads forward from goes', () => {
    const number = fc.integer({ min: 0, max: 1000 })
    fc.assert(
      fc.property(fc.array(number), fc.array(number, { minLength: 1 }), (stored, starts) => {
        const kept = starts.map((start) =>
          base(`${(start >> 8).toString(16)}/${(((start % 256) << 24) >>> 0).toString(16)}`),
        )
        const gone = new Set(
          walPlan(
            stored.map((one) => segment(one)),
            kept,
          ).remove,
        )
        for (const one of stored) expect(gone.has(segment(one))).toBe(one < Math.min(...starts))
      }),
    )
    expect(positionOf('1/A')).toBe(0x1_0000_000an)
  })
})
