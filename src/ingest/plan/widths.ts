// How wide a file's bars are: a flag, a column, its name, or how far apart its first rows are.
import { basename } from 'node:path'
import { usageError } from '../../errors.ts'
import { timeframe, widthSeconds } from '../values/symbol.ts'
import { type Layout, targetOf } from './layout.ts'
import type { Identity } from './plan.ts'
import { ask, missing } from './plan-errors.ts'
import type { Timing } from './time-column.ts'

const WIDTHS: Readonly<Record<number, string>> = {
  ...{ 1: '1s', 60: '1m', 180: '3m', 300: '5m', 900: '15m', 1800: '30m', 3600: '1h', 7200: '2h', 14400: '4h' },
  ...{ 21600: '6h', 28800: '8h', 43200: '12h', 86400: '1d', 604800: '1w' },
}

export interface Width {
  /** Undefined when a column says it row by row. */
  readonly timeframe: string | undefined
  /** Seconds; undefined for ticks, months, and widths told by the rows. */
  readonly step: number | undefined
  readonly notes: readonly string[]
  /** Taken from the file's name. */
  readonly told: readonly string[]
}

/** With fewer rows than this a hole can be mistaken for the width. */
const ENOUGH_ROWS = 20
/** Of the steps, how many are one bar wide: where all the others are several bars, fewer are enough. */
const CLEAR_SHARE = 0.5
const SPARSE_SHARE = 0.3

export function widthOf(layout: Layout, whose: Identity, timing: Timing): Width {
  const { format, given } = layout
  const { flags, name, file, seen } = given
  const decided = (width: string, notes: readonly string[], told: readonly string[] = []): Width => ({
    ...{ timeframe: width, step: widthSeconds(width), notes, told },
  })
  if (targetOf(format).table === 'prices') {
    const notes = flags.timeframe === undefined ? [] : ['--timeframe was not needed: prices have no width']
    return decided('tick', notes)
  }
  const steps = stepsOf(layout, whose, timing)
  if (format.trades) {
    if (flags.timeframe === undefined) throw barsNeeded(file)
    const asked = decided(spelled(flags.timeframe), [])
    if (asked.step === undefined)
      throw usageError(`trades cannot become candles of ${asked.timeframe}`, '--timeframe 1m')
    return asked
  }
  if (flags.timeframe === undefined && whose.fields.some(({ part }) => part === 'timeframe'))
    return { timeframe: undefined, step: undefined, notes: [], told: [] }
  const written = flags.timeframe ?? name.timeframe
  if (written !== undefined) {
    const width = spelled(written)
    const origin = flags.timeframe === undefined ? "the file's name says" : '--timeframe says'
    return decided(width, compared(file, width, steps, origin), flags.timeframe === undefined ? [width] : [])
  }
  const { commonest, share, smaller, multiples } = steps
  const seenWidth = commonest === undefined ? undefined : WIDTHS[commonest]
  // A market in which often nobody trades has holes, but those end where a bar begins.
  if (
    seenWidth !== undefined &&
    seen.rows.length >= ENOUGH_ROWS &&
    (multiples ? share >= SPARSE_SHARE : share >= CLEAR_SHARE && !smaller)
  )
    return decided(seenWidth, [
      `timeframe ${seenWidth}: ${Math.round(share * 100)} % of the first rows are so far apart`,
    ])
  if (format.timeframe !== undefined)
    return decided(format.timeframe, compared(file, format.timeframe, steps, 'the format says'))
  throw missing(file, 'timeframe', `--timeframe ${seenWidth ?? '1h'}`)
}

function spelled(text: string): string {
  const width = timeframe(text)
  if (width === undefined) throw usageError(`"${text}" is not a timeframe`, '--timeframe 1m')
  return width
}

interface Steps {
  /** Seconds. */
  readonly commonest: number | undefined
  /** Of all steps, those that are so long. */
  readonly share: number
  readonly count: number
  /** Whether shorter ones occur, and whether all others are multiples of it. */
  readonly smaller: boolean
  readonly multiples: boolean
}

/** How far apart the first rows of each market are. */
function stepsOf({ given: { seen } }: Layout, { fields }: Identity, { field, read }: Timing): Steps {
  const last = new Map<string, number>()
  const counts = new Map<number, number>()
  let total = 0
  for (const row of field < 0 ? [] : seen.rows) {
    const owner = fields.map((part) => row[part.field] ?? '').join('\0')
    const at = read((row[field] ?? '').trim()) / 1e6
    const step = Math.abs(at - (last.get(owner) ?? Number.NaN))
    if (!Number.isNaN(at)) last.set(owner, at)
    if (Number.isNaN(step)) continue
    total++
    // A moment that occurs twice says nothing of the width.
    if (step > 0) counts.set(step, (counts.get(step) ?? 0) + 1)
  }
  const [first] = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0])
  if (!first) return { commonest: undefined, share: 0, count: 0, smaller: false, multiples: false }
  const [commonest, count] = first
  const all = [...counts.keys()]
  const smaller = all.some((step) => step < commonest)
  return { commonest, count, share: count / total, smaller, multiples: all.every((step) => step % commonest === 0) }
}

/** A width that the rows contradict; bars further apart than their width are only sparse. */
function compared(file: string, width: string, { commonest, count, share }: Steps, origin: string): readonly string[] {
  const seconds = widthSeconds(width)
  if (seconds === undefined || commonest === undefined || count < 2 || commonest === seconds) return []
  const shown = WIDTHS[commonest] ?? `${commonest} s`
  if (commonest > seconds)
    return [`timeframe ${width}: most of the first rows (${Math.round(share * 100)} %) are ${shown} apart`]
  throw ask({
    code: 'timeframe-conflict',
    message: `${basename(file)} has rows ${shown} apart, and ${origin} that they are ${width} wide`,
    detail: 'bars cannot lie closer than they are wide',
    hint: WIDTHS[commonest] ? `--timeframe ${shown}` : '--timeframe 1m',
  })
}

const barsNeeded = (file: string) =>
  ask({
    code: 'timeframe-needed',
    message: `${basename(file)} holds trades, and it has to be said which candles they become`,
    detail: 'trades are gathered into candles as they are loaded: open, high, low, close, volume, turnover, count',
    hint: '--timeframe 1m',
  })
