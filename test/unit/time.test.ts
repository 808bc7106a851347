import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Clock, formatInstant, parseInstant, readMoment } from '../../src/core/instant.ts'
import { parseEvery } from '../../src/core/interval.ts'
import { parseRange } from '../../src/core/time-range.ts'
import { formatDuration, parseDuration } from '../../src/duration.ts'
import { ArxError } from '../../src/errors.ts'
import { distance, nearest } from '../../src/nearest.ts'

// A Thursday.
const now = new Date('2026-11-19T13:45:30.250Z')
const utc: Clock = { now, tz: 'UTC' }
const zone = (tz: string, at = now): Clock => ({ now: at, tz })

/** The usage error of `body`, message and hint in one text. */
function refusal(body: () => unknown): string {
  try {
    body()
  } catch (error) {
    if (!(error instanceof ArxError)) throw error
    expect(error.exit).toBe(2)
    return `${error.message} | ${error.hint ?? ''}`
  }
  throw new Error('nothing was refused')
}

describe('an instant', () => {
  it.each([
    ['2026-01-02', '2026-01-02T00:00:00Z'],
    ['2026-01-02 10:30', '2026-01-02T10:30:00Z'],
    ['2026-01-02T10:30:15.5', '2026-01-02T10:30:15.5Z'],
    ['2026-01-02T10:30:15.123456Z', '2026-01-02T10:30:15.123456Z'],
    ['2026-01-02T10:30:15.123456000Z', '2026-01-02T10:30:15.123456Z'],
    ['2026-01-02T00:30+05:30', '2026-01-01T19:00:00Z'],
    ['2026-01-02T00:30-0800', '2026-01-02T08:30:00Z'],
    ['2024-02-29', '2024-02-29T00:00:00Z'],
    ['1999-12-31T23:59:59.999999Z', '1999-12-31T23:59:59.999999Z'],
    ['1965-01-01T00:00:00.000001Z', '1965-01-01T00:00:00.000001Z'],
    ['now', '2026-11-19T13:45:30.25Z'],
    ['Now', '2026-11-19T13:45:30.25Z'],
    ['today', '2026-11-19T00:00:00Z'],
    ['yesterday', '2026-11-18T00:00:00Z'],
    ['7d', '2026-11-12T13:45:30.25Z'],
    ['7d ago', '2026-11-12T13:45:30.25Z'],
    ['1h30m', '2026-11-19T12:15:30.25Z'],
    ['now-7d', '2026-11-12T13:45:30.25Z'],
    ['now-7d/d', '2026-11-12T00:00:00Z'],
    ['now/h', '2026-11-19T13:00:00Z'],
    ['now/w', '2026-11-16T00:00:00Z'],
    ['now/M', '2026-11-01T00:00:00Z'],
    ['now-1y/y', '2025-01-01T00:00:00Z'],
    ['now + 1h', '2026-11-19T14:45:30.25Z'],
    ['now-1d+2h', '2026-11-18T15:45:30.25Z'],
    ['now-1h30m', '2026-11-19T12:15:30.25Z'],
    ['today-1d', '2026-11-18T00:00:00Z'],
    ['yesterday+9h', '2026-11-18T09:00:00Z'],
    ['5m', '2026-11-19T13:40:30.25Z'],
    ['5M', '2026-06-19T13:45:30.25Z'],
    ['250ms', '2026-11-19T13:45:30Z'],
    ['2026-01', '2026-01-01T00:00:00Z'],
    ['2026', '2026-01-01T00:00:00Z'],
    ['2026-W01', '2025-12-29T00:00:00Z'],
    ['2026-W53', '2026-12-28T00:00:00Z'],
  ])('%s is %s', (text, expected) => expect(parseInstant(text, utc)).toBe(expected))

  it('takes a month off the end of a longer month', () => {
    expect(parseInstant('1M ago', zone('UTC', new Date('2026-03-31T05:00:00Z')))).toBe('2026-02-28T05:00:00Z')
  })

  it.each([
    ['2026-02-30', 'does not exist'],
    ['2025-02-29', 'does not exist'],
    ['2026-13-01', 'does not exist'],
    ['2026-13', 'does not exist'],
    ['2026-W00', 'does not exist'],
    ['2025-W53', 'has no week 53'],
    ['2026-01-02T24:00', 'time of day'],
    ['2026-01-02T10:60', 'time of day'],
    ['2026-01-02T10:30:60', 'time of day'],
    ['2026-01-02T10:30+25:00', 'offset'],
    ['2026-01-02T10:30:15.1234567Z', 'microsecond'],
    ['2026-01-02T10', 'is no time'],
    ['01/02/2026', 'is no time'],
    ['', 'is no time'],
    ['soon', 'is no time'],
    ['7x', 'is no time'],
    ['7d-1h', 'is no time'],
    ['now 7d', 'is no time'],
    ['now-7d ago', 'is no time'],
    ['now-', 'is no time'],
    ['0000-01-01', 'is no time'],
    ['999999999y', '1000 to 9999'],
    ['3000y', '1000 to 9999'],
    ['20260102', 'write 2026-01-02'],
    ['1767312000', 'write 2026-01-02T00:00:00Z'],
    ['1767312000123', 'write 2026-01-02T00:00:00.123Z'],
    ['1767312000123456', 'write 2026-01-02T00:00:00.123456Z'],
    ['1767312000123456789', 'write 2026-01-02T00:00:00.123456Z'],
    ['17', 'epoch'],
  ])('refuses "%s"', (text, said) => expect(refusal(() => parseInstant(text, utc))).toContain(said))

  it('lists what it accepts', () => {
    expect(refusal(() => parseInstant('soon', utc))).toMatch(/2026-01-02.*7d.*now-7d\/d.*yesterday.*2026-W03/)
  })

  it('answers a long line of steps at once', () => {
    const started = performance.now()
    refusal(() => parseInstant(`${'1d'.repeat(5000)}x`, utc))
    expect(performance.now() - started).toBeLessThan(1000)
  })

  it('reads back every microsecond that it writes', () => {
    const years = fc.bigInt({ min: -30_000_000_000_000_000n, max: 250_000_000_000_000_000n })
    fc.assert(
      fc.property(years, fc.constantFrom('UTC', 'Asia/Kolkata', 'America/New_York'), (micros, tz) => {
        expect(readMoment(formatInstant(micros), zone(tz)).start).toBe(micros)
      }),
    )
  })
})

describe('a time zone', () => {
  it('moves midnight, not the offset that is written', () => {
    expect(parseInstant('2026-07-01', zone('Europe/Berlin'))).toBe('2026-06-30T22:00:00Z')
    expect(parseInstant('2026-01-01', zone('Asia/Kathmandu'))).toBe('2025-12-31T18:15:00Z')
    expect(parseInstant('2026-07-01T00:00Z', zone('Europe/Berlin'))).toBe('2026-07-01T00:00:00Z')
    expect(parseInstant('today', zone('Pacific/Auckland'))).toBe('2026-11-19T11:00:00Z')
  })

  it('refuses a wall-clock time that the clocks skip, and says when that was', () => {
    const said = refusal(() => parseInstant('2026-03-08 02:30', zone('America/New_York')))
    expect(said).toContain('does not exist in America/New_York')
    expect(said).toContain('2026-03-08T07:30:00Z')
  })

  it('takes the first of a wall-clock time that comes twice, and says so', () => {
    const notes: string[] = []
    const clock = { ...zone('America/New_York'), note: (text: string) => notes.push(text) }
    expect(parseInstant('2026-11-01 01:30', clock)).toBe('2026-11-01T05:30:00Z')
    expect(notes).toHaveLength(1)
    expect(notes[0]).toMatch(/twice.*05:30:00Z/)
    parseInstant('2026-11-01 02:30', clock)
    expect(notes).toHaveLength(1)
  })

  it('starts a day without a midnight where it starts', () => {
    expect(parseInstant('2018-11-04', zone('America/Sao_Paulo'))).toBe('2018-11-04T03:00:00Z')
  })

  it('counts days by the calendar and hours by the clock when the clocks change', () => {
    const clock = zone('America/New_York', new Date('2026-03-08T16:00:00Z'))
    expect(parseInstant('1d ago', clock)).toBe('2026-03-07T17:00:00Z')
    expect(parseInstant('24h ago', clock)).toBe('2026-03-07T16:00:00Z')
    expect(parseInstant('now/d', clock)).toBe('2026-03-08T05:00:00Z')
    // Half past midnight on the day after a 23 hour day.
    expect(parseInstant('now-1d/d', zone('America/New_York', new Date('2026-03-09T04:30:00Z')))).toBe(
      '2026-03-08T05:00:00Z',
    )
  })

  it('refuses what is no zone, and offers the nearest', () => {
    expect(refusal(() => parseInstant('2026-01-01', zone('Europe/Berln')))).toContain('Europe/Berlin')
    expect(refusal(() => parseInstant('2026-01-01', zone('+02:00')))).toContain('no such time zone')
    expect(refusal(() => parseRange({ from: '2026-01-01T00:00Z' }, zone('Mars/Base')))).toContain('no such time zone')
  })

  it('agrees with the engine itself on every wall-clock time that exists', () => {
    // The oracle is Date in the process's own zone, which the tests set to New York.
    expect(new Date(2026, 0, 1).getTimezoneOffset()).toBe(300)
    const minutes = fc.integer({ min: Date.UTC(1990, 0) / 60_000, max: Date.UTC(2037, 0) / 60_000 })
    fc.assert(
      fc.property(minutes, (minute) => {
        const wall = new Date(minute * 60_000)
        const oracle = new Date(
          wall.getUTCFullYear(),
          wall.getUTCMonth(),
          wall.getUTCDate(),
          wall.getUTCHours(),
          wall.getUTCMinutes(),
        )
        fc.pre(oracle.getHours() === wall.getUTCHours())
        const text = wall.toISOString().slice(0, 16)
        expect(parseInstant(text, zone('America/New_York'))).toBe(oracle.toISOString().replace('.000Z', 'Z'))
      }),
    )
  })

  it('does not depend on the zone of the process', () => {
    const texts = ['2026-01-02', 'today', 'now-3d/d', '2026-W10', '2026-03', '7d', 'now/w']
    const read = () => texts.map((text) => parseInstant(text, zone('Europe/Berlin')))
    const before = process.env.TZ
    const here = read()
    try {
      for (const tz of ['Pacific/Kiritimati', 'UTC', 'America/Los_Angeles']) {
        process.env.TZ = tz
        expect(read()).toEqual(here)
      }
    } finally {
      process.env.TZ = before
    }
  })
})

describe('a range', () => {
  const range = (from?: string, to?: string, more: object = {}) => {
    const { from: a, to: b } = parseRange({ from, to }, { ...utc, ...more })
    return `${a} ${b}`
  }

  it.each([
    ['2026-01', undefined, '2026-01-01T00:00:00Z 2026-02-01T00:00:00Z'],
    ['2025', undefined, '2025-01-01T00:00:00Z 2026-01-01T00:00:00Z'],
    ['2026-W03', undefined, '2026-01-12T00:00:00Z 2026-01-19T00:00:00Z'],
    ['yesterday', undefined, '2026-11-18T00:00:00Z 2026-11-19T00:00:00Z'],
    ['today', undefined, '2026-11-19T00:00:00Z 2026-11-19T13:45:30.25Z'],
    ['2026-01-02', undefined, '2026-01-02T00:00:00Z 2026-11-19T13:45:30.25Z'],
    ['7d', undefined, '2026-11-12T13:45:30.25Z 2026-11-19T13:45:30.25Z'],
    ['2026-01-02..2026-01-09', undefined, '2026-01-02T00:00:00Z 2026-01-09T00:00:00Z'],
    ['2026-01..2026-03', undefined, '2026-01-01T00:00:00Z 2026-03-01T00:00:00Z'],
    ['2026-11-01..', undefined, '2026-11-01T00:00:00Z 2026-11-19T13:45:30.25Z'],
    ['2026-01', '2026-03', '2026-01-01T00:00:00Z 2026-03-01T00:00:00Z'],
    ['yesterday', 'today', '2026-11-18T00:00:00Z 2026-11-19T00:00:00Z'],
    ['7d', '2d', '2026-11-12T13:45:30.25Z 2026-11-17T13:45:30.25Z'],
    ['2026-11', undefined, '2026-11-01T00:00:00Z 2026-11-19T13:45:30.25Z'],
    ['2026-12', undefined, '2026-12-01T00:00:00Z 2027-01-01T00:00:00Z'],
  ])('--from %s --to %s is %s', (from, to, expected) => expect(range(from, to)).toBe(expected))

  it('counts the default start back from --to', () => {
    expect(range(undefined, '2025-01-08', { defaultFrom: '7d' })).toBe('2025-01-01T00:00:00Z 2025-01-08T00:00:00Z')
    expect(range(undefined, undefined, { defaultFrom: '1d' })).toBe('2026-11-18T13:45:30.25Z 2026-11-19T13:45:30.25Z')
    expect(refusal(() => range())).toContain('--from 7d')
  })

  it('refuses an empty range with both resolved ends', () => {
    const said = refusal(() => range('2026-01-02', '2026-01-02'))
    expect(said).toContain('from 2026-01-02T00:00:00Z is not before to 2026-01-02T00:00:00Z')
    expect(refusal(() => range('2027-01-01'))).toContain('not before')
    // Microseconds decide: as texts these two stand the other way round.
    expect(range('2026-01-02T00:00:00Z', '2026-01-02T00:00:00.000001Z')).toContain('.000001Z')
  })

  it('refuses two ends twice', () => {
    expect(refusal(() => range('2026-01..2026-02', '2026-03'))).toContain('leave out --to')
    expect(refusal(() => range(undefined, '2026-01..2026-02'))).toContain('--from 2026-01..2026-02')
    expect(refusal(() => range('..2026-02'))).toContain('no start')
  })

  it('echoes itself, and what it decided', () => {
    const { notes } = parseRange({ from: '2026-11-01 01:30' }, zone('America/New_York'))
    expect(notes.map(({ level }) => level)).toEqual(['info', 'warn'])
    expect(notes[0]?.text).toBe('from 2026-11-01T05:30:00Z to 2026-11-19T13:45:30.25Z')
    expect(parseRange({ from: '2026-11' }, utc).notes[1]?.text).toContain('is not over')
  })

  it('gives a month in a zone its own midnights', () => {
    expect(range('2026-03', undefined, { tz: 'America/New_York' })).toBe('2026-03-01T05:00:00Z 2026-04-01T04:00:00Z')
    expect(range('yesterday', undefined, zone('America/New_York', new Date('2026-03-09T12:00:00Z')))).toBe(
      '2026-03-08T05:00:00Z 2026-03-09T04:00:00Z',
    )
  })

  it('is never empty or backwards: it resolves with from before to, or is refused', () => {
    const when = fc.oneof(
      fc.integer({ min: 0, max: 4_000_000_000 }).map((s) => new Date(s * 1000).toISOString()),
      fc.integer({ min: 1, max: 400 }).map((days) => `${days}d`),
      fc.constantFrom('today', 'now', 'yesterday', '2026-05', '2026-W20', 'now/w', 'now+1d'),
    )
    fc.assert(
      fc.property(
        when,
        fc.option(when, { nil: undefined }),
        fc.constantFrom('UTC', 'Europe/Berlin'),
        (from, to, tz) => {
          try {
            const answer = parseRange({ from, to }, zone(tz))
            expect(Date.parse(answer.from)).toBeLessThan(Date.parse(answer.to))
          } catch (error) {
            expect(error).toBeInstanceOf(ArxError)
          }
        },
      ),
    )
  })
})

describe('a duration', () => {
  it.each([
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['90s', 90_000],
    ['250ms', 250],
    ['7d', 604_800_000],
    ['2w', 1_209_600_000],
    ['1.5h', 5_400_000],
    ['PT5M', 300_000],
    ['P1DT2H', 93_600_000],
    ['P7D', 604_800_000],
    ['0', 0],
    ['0s', 0],
  ])('%s is %i ms', (text, ms) => expect(parseDuration(text)).toBe(ms))

  it.each([
    ['30', 'write 30s'],
    ['1M', 'differ in length'],
    ['', 'PT5M'],
    ['P', 'PT5M'],
    ['PT', 'PT5M'],
    ['m', 'PT5M'],
    ['30m1h', 'PT5M'],
    ['-5m', 'PT5M'],
    ['5 parsecs', 'PT5M'],
    ['99999999999999999d', 'PT5M'],
  ])('refuses "%s"', (text, said) => expect(refusal(() => parseDuration(text))).toContain(said))

  it('reads back what it writes', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 10 ** 12 }), (ms) => parseDuration(formatDuration(ms)) === ms))
  })
})

describe('a candle width', () => {
  it.each([
    ['1h', '1h', 3600, 0, '1 hour'],
    ['60m', '1h', 3600, 0, '1 hour'],
    ['5m', '5m', 300, 0, '5 minutes'],
    ['1d', '1d', 86_400, 0, '1 day'],
    ['24H', '1d', 86_400, 0, '1 day'],
    ['90m', '90m', 5400, 0, '90 minutes'],
    ['1w', '1w', 604_800, 0, '1 week'],
    ['7d', '7d', 604_800, 0, '7 days'],
    ['1M', '1M', 0, 1, '1 month'],
    ['1y', '12M', 0, 12, '12 months'],
    ['30s', '30s', 30, 0, '30 seconds'],
  ])('%s is %s', (text, normal, seconds, months, interval) => {
    expect(parseEvery(text)).toEqual({ text: normal, seconds, months, interval })
  })

  it.each(['0m', '1h30m', '-1h', '1', 'h', '1.5h', '1 fortnight', ''])('refuses "%s"', (text) => {
    expect(refusal(() => parseEvery(text))).toContain('1M for a month')
  })

  it('reads its normal form to itself', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9999 }), fc.constantFrom('s', 'm', 'h', 'd', 'w', 'M'), (n, unit) => {
        const every = parseEvery(`${n}${unit}`)
        expect(parseEvery(every.text)).toEqual(every)
        expect(every.seconds === 0).toBe(every.months !== 0)
      }),
    )
  })
})

describe('did you mean', () => {
  it('counts insert, delete, replace and swap as one', () => {
    expect(['btc', 'bct', 'bt', 'btcc', 'xyz'].map((word) => distance('btc', word))).toEqual([0, 1, 1, 1, 3])
  })

  it('offers the nearest first and nothing far', () => {
    expect(nearest('timout', ['timeout', 'tz', 'output'])).toEqual(['timeout'])
    expect(nearest('BTCC', ['eth', 'btc', 'bch', 'doge'])[0]).toBe('btc')
    expect(nearest('zzz', ['timeout', 'tz', 'output'])).toEqual([])
    expect(nearest('bit', ['bitcoin', 'bitcoin-cash', 'ethereum'])).toEqual(['bitcoin', 'bitcoin-cash'])
  })

  it('is a metric', () => {
    const word = fc.string({ maxLength: 8, unit: fc.constantFrom('a', 'b', 'c') })
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(distance(a, b)).toBe(distance(b, a))
        expect(distance(a, b) === 0).toBe(a === b)
        expect(distance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length))
      }),
    )
  })
})
