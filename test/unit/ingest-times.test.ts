import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ArxError } from '../../src/errors.ts'
import { readPattern, readTextTime, TEXT_FORMS, timePattern } from '../../src/ingest/values/text-times.ts'
import { slashOrder, type TimeRules, timeReader } from '../../src/ingest/values/time-reader.ts'
import {
  AMBIGUOUS_LOCAL_TIME,
  isoTime,
  LOSSY_TIME,
  NO_SUCH_LOCAL_TIME,
  NOT_A_TIME,
  readTime,
} from '../../src/ingest/values/times.ts'

type Rules = Partial<TimeRules>

function reader(rules: Rules): (text: string) => number {
  const read = timeReader({ zone: 'UTC', patterns: [], shiftUs: 0, ...rules })
  return (text) => read(Buffer.from(`,${text},`), 1, 1 + Buffer.byteLength(text))
}

/** The moment, or the code of what is wrong. */
const shown = (us: number): string | number => (us < 0 && us > -9 ? us : isoTime(us))

describe('times as texts', () => {
  const table = [
    ['2020-10-24 07-AM', '2020-10-24T07:00:00Z'],
    ['2020-10-24 12-AM', '2020-10-24T00:00:00Z'],
    ['2020-10-24 12-PM', '2020-10-24T12:00:00Z'],
    ['2020-10-24 11-pm', '2020-10-24T23:00:00Z'],
    ['2020-10-24 07:30 PM', '2020-10-24T19:30:00Z'],
    ['2020-10-24 7:30:15 AM', '2020-10-24T07:30:15Z'],
    ['Jan 14, 2020', '2020-01-14T00:00:00Z'],
    ['January 14, 2020', '2020-01-14T00:00:00Z'],
    ['May 4, 2020', '2020-05-04T00:00:00Z'],
    ['Jul  4, 2020', '2020-07-04T00:00:00Z'],
    ['DEC 31, 2020 23:59', '2020-12-31T23:59:00Z'],
    ['14 Jan 2020', '2020-01-14T00:00:00Z'],
    ['14 June 2020 10:00:01', '2020-06-14T10:00:01Z'],
    ['2026-01-29_21-29-59', '2026-01-29T21:29:59Z'],
    ['20131001 00:00', '2013-10-01T00:00:00Z'],
    ['20131001 23:59:59', '2013-10-01T23:59:59Z'],
    ['2020/01/14', '2020-01-14T00:00:00Z'],
    ['2020/01/14 10:00', '2020-01-14T10:00:00Z'],
    ['2020/01/14 10:00:30', '2020-01-14T10:00:30Z'],
    ['2020/01/14 10:00:30.25', '2020-01-14T10:00:30.25Z'],
    ['2020-01-14T10:00:00+0000', '2020-01-14T10:00:00Z'],
    ['2020-01-14T10:00:00.123+0130', '2020-01-14T08:30:00.123Z'],
  ] as const
  test.each(table)('%s is %s', (text, iso) => {
    expect(isoTime(readTextTime(text))).toBe(iso)
    expect(isoTime(reader({})(text))).toBe(iso)
    expect(TEXT_FORMS.filter((form) => readPattern(form, text) !== NOT_A_TIME)).toHaveLength(1)
  })

  test.each([
    ...[
      '',
      'x',
      '20131001',
      '7/30/2015',
      '30/07/2015',
      '2020-10-24 00-AM',
      '2020-10-24 13-PM',
      '2020/13/01',
      '2020/01/32',
    ],
    ...['Feb 29, 2023', '29 Feb 2023', '2023/02/29', 'Foo 1, 2020', 'Jan 14, 20', 'Jan 14, 2020 x', 'x Jan 14, 2020'],
    ...['2026-01-29_24-00-00', '2020/01/14 10:60', '20130229 00:00', '2020-01-14T10:00:00+9900', 'Jan 14, 2020\n'],
  ])('"%s" is none', (text) => expect(readTextTime(text)).toBe(NOT_A_TIME))
})

describe('a pattern', () => {
  test.each([
    ['%m/%d/%Y', '7/30/2015', '2015-07-30T00:00:00Z'],
    ['%m/%d/%y', '7/30/15', '2015-07-30T00:00:00Z'],
    ['%d.%m.%Y %H:%M', '30.07.2015 10:15', '2015-07-30T10:15:00Z'],
    ['%d/%m/%y', '01/02/69', '1969-02-01T00:00:00Z'],
    ['%d/%m/%y', '01/02/68', '2068-02-01T00:00:00Z'],
    ['%Y%m%d%H%M', '202001141030', '2020-01-14T10:30:00Z'],
    ['%Y%m%d%H%M%S%f', '20200114103015250', '2020-01-14T10:30:15.25Z'],
    ['%Y%m%d%H%M%S.%f', '20200114103015.123456789', '2020-01-14T10:30:15.123457Z'],
    ['%b %d %Y %I:%M:%S %p', 'jan 4 2020 12:00:01 am', '2020-01-04T00:00:01Z'],
    ['%d-%B-%Y', '14-September-2020', '2020-09-14T00:00:00Z'],
    ['%Y-%m-%dT%H:%M:%S%z', '2020-01-14T10:00:00-05:00', '2020-01-14T15:00:00Z'],
    ['%a?%Y'.replace('%a', '(a)'), '(a)?2020', '2020-01-01T00:00:00Z'],
    ['%d/%m/%Y %H:%M %Z', '14/01/2020 10:00 UTC', '2020-01-14T10:00:00Z'],
    ['%Y年%m月%d日', '2020年1月14日', '2020-01-14T00:00:00Z'],
    ['100%% %Y-%m', '100% 2020-03', '2020-03-01T00:00:00Z'],
  ])('%s reads %s as %s', (pattern, text, iso) => {
    expect(isoTime(readPattern(timePattern(pattern), text))).toBe(iso)
    expect(isoTime(reader({ patterns: [pattern] })(text))).toBe(iso)
  })

  test.each([
    ['%Y-%m-%d', '2023-02-29'],
    ['%Y-%m-%d', '2023-02-28 '],
    ['%Y-%m-%d', 'x2023-02-28'],
    ['%Y.%m.%d', '2023-02-28'],
    ['%d/%m/%Y', '7/30/2015'],
    ['%m/%d/%Y', '7/30/15'],
    ['%Y%m%d%H%M', '20200114103'],
    ['%d/%m/%Y %H:%M %Z', '14/01/2020 10:00 EST'],
    ['%Y-%m-%d %I %p', '2020-01-14 13 PM'],
    ['%Y-%m-%d %H:%M:%S', '2020-01-14 10:00:60'],
  ])('%s does not read "%s"', (pattern, text) => expect(readPattern(timePattern(pattern), text)).toBe(NOT_A_TIME))

  test.each([
    ['%Y-%q', '"%q"'],
    ['%Y-%', '"%"'],
    ['', 'no year'],
    ['%H:%M', 'no year'],
    ['%Y-%d', 'a day without its month'],
    ['%Y %y %m', 'the year twice'],
    ['%Y-%m-%d %I:%M', '%I and %p together'],
    ['%Y-%m-%d %H %p', '%I and %p together'],
    ['%Y-%m-%d %M', 'minutes without their hour'],
  ])('%s is refused: %s', (pattern, why) => {
    let found: unknown
    try {
      timePattern(pattern)
    } catch (error) {
      found = error
    }
    expect(found).toBeInstanceOf(ArxError)
    const { message, hint, exit } = found as ArxError
    expect(message).toContain(why)
    expect(hint).toContain('%d/%m/%Y %H:%M')
    expect(exit).toBe(2)
  })
})

describe('the rules of a file', () => {
  const york = { zone: 'America/New_York' }
  test.each<readonly [Rules, string, string | number]>([
    [{}, '1730419200', '2024-11-01T00:00:00Z'],
    [{}, '1.7e12', LOSSY_TIME],
    [{}, `Jan 14, 2020 ${'x'.repeat(100)}`, NOT_A_TIME],
    [{ shiftUs: -60_000_000 }, '2024-11-01 00:00', '2024-10-31T23:59:00Z'],
    [{ shiftUs: -60_000_000 }, 'Nov 1, 2024', '2024-10-31T23:59:00Z'],
    [{ shiftUs: -60_000_000 }, 'x', NOT_A_TIME],
    [{ unit: 's' }, '1730419200.5', '2024-11-01T00:00:00.5Z'],
    [{ unit: 's' }, '01730419200', '2024-11-01T00:00:00Z'],
    [{ unit: 'ms' }, '1730419200', '1970-01-21T00:40:19.2Z'],
    [{ unit: 'ms' }, '1730419200000.25', '2024-11-01T00:00:00.00025Z'],
    [{ unit: 'us' }, '1730419200000001', '2024-11-01T00:00:00.000001Z'],
    [{ unit: 'ns' }, '1730419200000001999', '2024-11-01T00:00:00.000001Z'],
    [{ unit: 'ns' }, '12', '1970-01-01T00:00:00Z'],
    [{ unit: 's' }, '1730419200000', '+056804-10-20T00:00Z'],
    [{ unit: 's' }, '1730419200000000000', '+255479-11-28T14:13Z'],
    [{ unit: 's' }, '2024-11-01', '2024-11-01T00:00:00Z'],
    [{ unit: 's' }, '1.7e9', LOSSY_TIME],
    [{ patterns: ['%Y%m%d'] }, '20131001', '2013-10-01T00:00:00Z'],
    [{ patterns: ['%Y%m%d%H%M'] }, '1730419200', '2024-11-01T00:00:00Z'],
    [{ patterns: ['%m/%d/%Y', '%d/%m/%Y'] }, '1/2/2020', '2020-01-02T00:00:00Z'],
    [{ patterns: ['%m/%d/%Y', '%d/%m/%Y'] }, '30/1/2020', '2020-01-30T00:00:00Z'],
    [{ patterns: ['%m/%d/%Y'] }, '2024-11-01T00:00Z', '2024-11-01T00:00:00Z'],
    [{ patterns: ['%m/%d/%Y'] }, 'Jan 14, 2020', NOT_A_TIME],
    [york, '1730419200', '2024-11-01T00:00:00Z'],
    [york, '1730419200000.5', '2024-11-01T00:00:00.0005Z'],
    [york, '2024-11-01', '2024-11-01T04:00:00Z'],
    [york, '2024-11-01 00:00:00.000001', '2024-11-01T04:00:00.000001Z'],
    [york, '2024-11-01T00:00:00Z', '2024-11-01T00:00:00Z'],
    [york, '2024-11-01 00:00 UTC', '2024-11-01T00:00:00Z'],
    [york, '2024-11-01T00:00:00+01', '2024-10-31T23:00:00Z'],
    [york, '2024-11-01T00:00:00-0100', '2024-11-01T01:00:00Z'],
    [york, 'Jan 14, 2020', '2020-01-14T05:00:00Z'],
    [york, '2024-03-10 01:59:59.999', '2024-03-10T06:59:59.999Z'],
    [york, '2024-03-10 02:00', NO_SUCH_LOCAL_TIME],
    [york, '2024-03-10 02:59:59.999999', NO_SUCH_LOCAL_TIME],
    [york, '2024-03-10 03:00', '2024-03-10T07:00:00Z'],
    [york, '2024-11-03 00:59', '2024-11-03T04:59:00Z'],
    [york, '2024-11-03 01:00', AMBIGUOUS_LOCAL_TIME],
    [york, '2024-11-03 01:30 AM', AMBIGUOUS_LOCAL_TIME],
    [york, '2024-11-03 02:00', '2024-11-03T07:00:00Z'],
    [{ ...york, shiftUs: -60_000_000 }, '2024-11-03 01:30', AMBIGUOUS_LOCAL_TIME],
    [{ ...york, shiftUs: -60_000_000 }, '2024-11-01', '2024-11-01T03:59:00Z'],
    [{ ...york, patterns: ['%m/%d/%Y %H:%M'] }, '3/10/2024 2:30', NO_SUCH_LOCAL_TIME],
    [{ ...york, patterns: ['%m/%d/%Y %H:%M%z'] }, '3/10/2024 2:30+01', '2024-03-10T01:30:00Z'],
    // Half an hour, and within the hour.
    [{ zone: 'Australia/Lord_Howe' }, '2024-10-06 02:15', NO_SUCH_LOCAL_TIME],
    [{ zone: 'Australia/Lord_Howe' }, '2024-10-06 02:45', '2024-10-05T15:45:00Z'],
    [{ zone: 'Australia/Lord_Howe' }, '2024-04-07 01:15', '2024-04-06T14:15:00Z'],
    [{ zone: 'Australia/Lord_Howe' }, '2024-04-07 01:45', AMBIGUOUS_LOCAL_TIME],
    // A minute past midnight.
    [{ zone: 'America/St_Johns' }, '2010-03-14 00:00:59', '2010-03-14T03:30:59Z'],
    [{ zone: 'America/St_Johns' }, '2010-03-14 00:01', NO_SUCH_LOCAL_TIME],
    // A day that never was.
    [{ zone: 'Pacific/Apia' }, '2011-12-30 12:00', NO_SUCH_LOCAL_TIME],
    [{ zone: 'Asia/Kolkata' }, '2024-11-01', '2024-10-31T18:30:00Z'],
  ])('%o reads %s as %s', (rules, text, meant) => {
    const read = reader(rules)
    expect(shown(read(text))).toBe(meant)
    // And again, from what was remembered.
    expect(shown(read(text))).toBe(meant)
  })

  test('an unknown zone and a bad pattern are refused before the first row', () => {
    expect(() => reader({ zone: 'Mars/Base' })).toThrow('no such time zone')
    expect(() => reader({ patterns: ['%Q'] })).toThrow('%Q')
  })
})

test.each([
  [['7/30/15', '1/2/15'], 'month-first'],
  [['30/7/2015 10:00'], 'day-first'],
  [['30.07.2015', '01.02.2015'], 'day-first'],
  [['1/2/2015', '3-4-2015', '5.6.15'], 'unclear'],
  [['20-01-14'], 'unclear'],
  [['20/01/14'], 'day-first'],
  [['30/7/2015', '7/30/2015'], 'mixed'],
  [
    ['2015/07/30', '2015-07-30', '1730419200', 'Jan 14, 2020', '', '1.5', '1.2.3.4', '13/13/2015', '0/1/2015'],
    undefined,
  ],
  [[], undefined],
])('%o is %s', (samples, order) => expect(slashOrder(samples)).toBe(order))

/** The wall clock of a zone by Intl alone. */
function clockOf(zone: string): (ms: number) => Readonly<Record<string, string>> {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  })
  return (ms) => Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, value]))
}

const LETTERS: Readonly<Record<string, string>> = {
  Y: 'year',
  m: 'month',
  d: 'day',
  H: 'hour',
  M: 'minute',
  S: 'second',
}
const written = (pattern: string, clock: Readonly<Record<string, string>>, micros: number): string =>
  pattern
    .replace('%f', String(micros).padStart(6, '0'))
    .replace('%I', String(Number(clock.hour) % 12 || 12))
    .replace('%p', Number(clock.hour) < 12 ? 'AM' : 'PM')
    .replace('%y', clock.year!.slice(2))
    .replace(/%([YmdHMS])/g, (_, letter: string) => clock[LETTERS[letter]!]!)

const ISO = '%Y-%m-%d %H:%M:%S.%f'
const PATTERNS = [ISO, '%m/%d/%Y %I:%M:%S.%f %p', '%d.%m.%y %H:%M:%S,%f', '%Y%m%d%H%M%S%f', '%S.%f %M %H %d %m %Y']

describe.each(['UTC', 'America/New_York', 'Europe/Berlin'])('in %s', (zone) => {
  const clock = clockOf(zone)
  const days = fc.date({ min: new Date('2009-01-02'), max: new Date('2060-12-31'), noInvalidDate: true })
  // The clocks of both zones change at these hours, in these years.
  const changes = [
    '2024-03-10T07:00Z',
    '2024-11-03T06:00Z',
    '2024-03-31T01:00Z',
    '2024-10-27T01:00Z',
    '2015-03-08T07:00Z',
  ]
  const near = fc
    .tuple(fc.constantFrom(...changes.map(Date.parse)), fc.integer({ min: -4 * 3_600_000, max: 4 * 3_600_000 }))
    .map(([change, away]) => new Date(change + away))
  const micros = fc.integer({ min: 0, max: 999_999 })

  test.each(PATTERNS)('any moment written as %s reads back, or is refused because it comes twice', (pattern) => {
    // As ISO it goes by the hot path.
    const read = reader({ zone, patterns: pattern === ISO ? [] : [pattern] })
    let refused = 0
    fc.assert(
      fc.property(fc.oneof(days, near), micros, (date, fraction) => {
        const second = Math.floor(date.getTime() / 1000) * 1000
        const text = written(pattern, clock(second), fraction)
        const isTwice = [-3_600_000, 3_600_000].some(
          (away) => written(pattern, clock(second + away), fraction) === text,
        )
        if (isTwice) refused++
        expect(read(text)).toBe(isTwice ? AMBIGUOUS_LOCAL_TIME : second * 1000 + fraction)
      }),
      { numRuns: 400 },
    )
    expect(refused > 0).toBe(zone !== 'UTC')
  })
})

test('with nothing to heed, a time known to readTime is read by it', () => {
  const read = timeReader({ zone: 'UTC', patterns: [], unit: undefined, shiftUs: 0 })
  fc.assert(
    fc.property(fc.stringMatching(/^[0-9]{1,19}(\.[0-9]{1,9})?$|^20[0-9]{2}-[01][0-9]-[0-3][0-9]$/), (text) => {
      const bytes = Buffer.from(text)
      expect(read(bytes, 0, bytes.length)).toBe(readTime(bytes, 0, bytes.length))
    }),
  )
})
