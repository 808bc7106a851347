// Where a row's moment stands and how it is written; what cannot be read, or in two ways, is asked for.
import { basename } from 'node:path'
import { usageError } from '../../errors.ts'
import { type TimeRules, timeReader } from '../values/time-reader.ts'
import { EARLIEST_US, isoTime, NOT_A_TIME } from '../values/times.ts'
import { cells, holdsEpochs, isEpoch, type Layout } from './layout.ts'
import type { Plan } from './plan.ts'
import { ask } from './plan-errors.ts'

export interface Timing {
  /** -1 when all rows have the moment that --timestamp says. */
  readonly field: number
  /** ISO 8601. */
  readonly constant: string | undefined
  readonly rules: TimeRules
  readonly witness: Plan['witness']
  /** The moment of a cell, NaN when it is none. */
  read(cell: string): number
}

const UNITS = ['s', 'ms', 'us', 'ns'] as const
const ORDERS = { 'month-first': ['%m/%d/%Y', '%m/%d/%y'], 'day-first': ['%d/%m/%Y', '%d/%m/%y'] } as const
const CLOCKS = ['', ' %H:%M:%S', ' %H:%M', ' %I:%M:%S %p', ' %I:%M %p']

const reader = (rules: TimeRules): Timing['read'] => {
  const read = timeReader(rules)
  return (cell) => {
    const bytes = Buffer.from(cell)
    return read(bytes, 0, bytes.length)
  }
}

/** Bars that are stamped when they close are moved later, when their width is known. */
export function timingOf(layout: Layout): Timing {
  const { given, at, all, format, called } = layout
  const { file, seen, flags } = given
  const zone = zoneOf(flags.tz)
  const field = at('timestamp')
  const [unit, asked] = formatOf(flags.timeFormat)
  const base: TimeRules = { zone, patterns: asked, unit, shiftUs: 0 }
  if (field < 0) {
    if (flags.timestamp === undefined)
      throw ask({
        code: 'timestamp-needed',
        message: `${basename(file)} has no column that says when its rows were seen`,
        detail: 'the time is not guessed from the name or the age of the file',
        hint: "--timestamp 2024-01-31T12:00:00Z, or --map 'COLUMN=timestamp'",
      })
    const us = reader({ ...base, patterns: [], unit: undefined })(flags.timestamp)
    if (!(us >= EARLIEST_US)) throw usageError(`"${flags.timestamp}" is not a time`, '--timestamp 2024-01-31T12:00:00Z')
    return { field, constant: isoTime(us), rules: base, witness: undefined, read: () => us }
  }
  if (flags.timestamp !== undefined)
    throw usageError(
      `--timestamp is for files without a time; ${basename(file)} has the column ${called('timestamp', field)}`,
      'leave out --timestamp, or the column: --ignore',
    )
  const told = asked.length > 0 ? asked : (format.timePatterns ?? [])
  const slashes = told.length > 0 ? [] : slashesOf(layout, field)
  const rules = { ...base, patterns: [...told, ...slashes] }
  const read = reader(rules)
  const samples = cells(seen, field)
  const first = samples[0]
  if (first !== undefined && samples.every((cell) => read(cell) === NOT_A_TIME))
    throw ask({
      code: 'time-format-needed',
      message: `the column ${called('timestamp', field)} of ${basename(file)} holds times that cannot be read: "${first.slice(0, 40)}"`,
      detail: flags.timeFormat === undefined ? undefined : `--time-format "${flags.timeFormat}" does not fit them`,
      hint: "--time-format '%d.%m.%Y %H:%M', or the unit of an epoch: --time-format ms",
    })
  // Trades and wide tables have no one row that the text could be held against.
  const single = !format.trades && format.wide === undefined && holdsEpochs(seen, field)
  const other = single ? all('timestamp').find((place) => place !== field && isText(layout, place)) : undefined
  const witness = other === undefined ? undefined : { field: other, from: called('timestamp', other) }
  return { field, constant: undefined, rules, witness, read: (cell) => asNumber(read(cell)) }
}

const asNumber = (us: number): number => (us >= 0 ? us : Number.NaN)

const isText = ({ given: { seen } }: Layout, field: number): boolean => {
  const found = cells(seen, field)
  return found.length > 0 && !found.some(isEpoch)
}

function zoneOf(tz: string | undefined): string {
  if (tz === undefined) return 'UTC'
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: tz }).resolvedOptions()
    // As it was typed: which of two names of one zone is the proper one changes between releases of Node.
    return timeZone === 'UTC' ? timeZone : tz
  } catch {
    throw usageError(`no time zone "${tz}"`, '--tz America/New_York')
  }
}

function formatOf(text: string | undefined): readonly [TimeRules['unit'], readonly string[]] {
  if (text === undefined) return [undefined, []]
  const unit = UNITS.find((known) => known === text)
  if (unit === undefined && !text.includes('%'))
    throw usageError(`"${text}" is no time format`, `--time-format '%d/%m/%Y %H:%M', or ${UNITS.join('|')}`)
  return unit === undefined ? [undefined, [text]] : [unit, []]
}

/** Patterns for dates with slashes, whose order the first rows have to prove. */
function slashesOf({ given: { file, seen }, called }: Layout, field: number): readonly string[] {
  const samples = cells(seen, field)
  const order = slashOrder(samples)
  if (order === undefined) return []
  if (order === 'unclear' || order === 'mixed')
    throw ask({
      code: 'time-format-needed',
      message: `the dates in the column ${called('timestamp', field)} of ${basename(file)} can be read in two ways: "${samples[0]!.slice(0, 40)}"`,
      detail: order === 'mixed' ? 'some have the month first and some the day' : 'no day above 12 tells day from month',
      hint: "--time-format '%m/%d/%Y'",
    })
  const clocks = samples.some((cell) => cell.includes(':')) ? CLOCKS : ['']
  return ORDERS[order].flatMap((date) => clocks.map((clock) => `${date}${clock}`))
}

/** Which of the first two numbers is the month; undefined when there are no dates with slashes. */
function slashOrder(samples: readonly string[]): 'month-first' | 'day-first' | 'unclear' | 'mixed' | undefined {
  const found = samples.flatMap((cell) => {
    const date = /^(\d{1,2})\/(\d{1,2})\/(\d{4}|\d{2})\b/.exec(cell)
    return date ? [[Number(date[1]), Number(date[2])] as const] : []
  })
  if (found.length === 0) return undefined
  const dayFirst = found.some(([a]) => a > 12)
  const monthFirst = found.some(([, b]) => b > 12)
  return dayFirst === monthFirst ? (dayFirst ? 'mixed' : 'unclear') : dayFirst ? 'day-first' : 'month-first'
}
