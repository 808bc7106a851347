// Panes above each other on one axis of time: numbers on the right, times below, what the marks mean beside them.
import type { Result } from '../core/result.ts'
import { axis, column, legend } from './chart-glyphs.ts'
import { cellOf, minuteText, priceTicks, timeText } from './chart-scale.ts'
import { firstSeries, pointsOf, type SeriesChart, type Track, trackOf } from './draw-data.ts'
import { type Drawn, drawnPane, type Look, markOf, paintPane } from './draw-panes.ts'
import { type Paint, painter } from './paint.ts'
import { displayWidth, neutralise, padTo, truncate } from './text.ts'

export interface DrawOptions {
  readonly width: number
  readonly height: number
  readonly color: boolean
  readonly ascii: boolean
}

const VOLUME_FROM_LINES = 11
const VOLUME_LINES = 3
/** `vol 12.3M` */
const VOLUME_LABEL = 9
/** Time axis, its labels, the legend. */
const BELOW = 3
const LEAST_LINES = 4
/** Narrower than this beside its labels, a drawing is better off without them. */
const LEAST_ROOM = 8
const WIDEST_PITCH = 3

/** The first series of an answer; empty when it has nothing to draw. */
export function drawSeries(result: Result<object>, chart: SeriesChart, options: DrawOptions): string {
  const { width, height, ascii } = options
  const { rows } = firstSeries(result, chart.by)
  // Twice: labels need the scales, scales need the columns, and how many columns there are the labels decide.
  const points = pointsOf(rows, chart)
  if (!points) return ''
  const rough = trackOf(points, width)
  const panes = panesOf(chart, rough)
  const titled = panes.length > 1 || !fitsFooter(panes[0]!, rough.times.length, options)
  const shares = shareLines(panes, height - (titled ? panes.length : 0))
  const labels = panes.map((pane, i) => labelLines(pane, shares[i]!.lines))
  const wanted = Math.max(
    ...labels.flat().map((text) => text?.length ?? 0),
    ...shares.map(({ volume }) => (volume ? VOLUME_LABEL : 0)),
  )
  const labelled = width - wanted - 2 >= LEAST_ROOM
  const room = Math.max(1, labelled ? width - wanted - 2 : width - 1)
  const track = trackOf(points, room)
  const candles = panes.some(({ kind }) => kind === 'candles')
  const pitch = Math.max(1, Math.min(WIDEST_PITCH, Math.floor(room / track.slots.length)))
  const at = candles ? track.slots.map((_, i) => i * pitch) : spread(track.slots.length, room)
  const look = { ascii, at, width: candles ? pitch * at.length : room }
  const paint = painter(options.color)
  const lines = panesOf(chart, track).flatMap((pane, i) => [
    ...(titled ? [title(pane, i, { ...look, paint, most: width })] : []),
    ...beside(paintPane(pane, shares[i]!.lines, look).lines(paint), labelled ? labels[i]! : [], ascii),
    ...(shares[i]!.volume ? volumeLines(pane, look, paint, labelled) : []),
  ])
  const only = titled ? undefined : marksOf(panes[0]!, ascii)
  return [...lines, ...timeLines(track, look, width), footer(track, only, ascii, width)]
    .map((line) => `${line.trimEnd()}\n`)
    .join('')
}

const panesOf = (chart: SeriesChart, track: Track): readonly Drawn[] =>
  chart.panes.map((pane) => drawnPane(pane, track)).filter((pane) => pane !== undefined)

/** Lines reach over all the room there is, candles stand at even distances. */
const spread = (count: number, room: number): readonly number[] =>
  Array.from({ length: count }, (_, i) => (count === 1 ? 0 : Math.floor((i * (room - 1)) / (count - 1))))

/** What names lines must be read on a narrow terminal too; candles alone speak for themselves. */
function fitsFooter(pane: Drawn, count: number, { ascii, width }: DrawOptions): boolean {
  const beside = `  ${count} bars, 99 merged per column`
  return pane.lines.length === 0 || displayWidth(marksOf(pane, ascii)) + beside.length <= width
}

interface Share {
  readonly lines: number
  readonly volume: boolean
}

/** The first pane gets a little more than half when there are others, and none less than four lines. */
function shareLines(panes: readonly Drawn[], height: number): readonly Share[] {
  const left = height - BELOW
  const rest = panes.length - 1
  const others = rest === 0 ? 0 : Math.max(LEAST_LINES, Math.floor((left * (rest === 1 ? 0.4 : 0.5)) / rest))
  return panes.map(({ kind, bars }, i) => {
    if (i > 0) return { lines: others, volume: false }
    const lines = Math.max(LEAST_LINES, left - others * rest)
    const traded = kind === 'candles' && bars.some((bar) => (bar?.volume ?? 0) > 0)
    const volume = traded && lines >= VOLUME_FROM_LINES
    return { lines: volume ? lines - VOLUME_LINES : lines, volume }
  })
}

/** The label of each line, undefined where there is none. */
function labelLines({ scale, levels }: Drawn, lines: number): readonly (string | undefined)[] {
  const labels: (string | undefined)[] = Array.from({ length: lines })
  for (const level of levels) labels[cellOf(level, scale, lines)] ??= String(level)
  // A round number right beside a level would only be confused with it.
  const taken = labels.map((_, i) => levels.length > 0 && [i - 1, i, i + 1].some((near) => labels[near] !== undefined))
  for (const { price, text } of priceTicks(scale, Math.max(2, Math.floor(lines / 3)))) {
    const line = cellOf(price, scale, lines)
    if (!taken[line]) labels[line] ??= text
  }
  return labels
}

function beside(lines: readonly string[], labels: readonly (string | undefined)[], ascii: boolean): readonly string[] {
  const { side, tick } = axis(ascii)
  return lines.map((line, i) => (labels[i] === undefined ? line + side : `${line}${tick} ${labels[i]}`))
}

/** `┃ up  █ down  • mid`, in pieces, each with its style. */
function marksOf(pane: Drawn, ascii: boolean): string {
  const candles = pane.kind === 'candles' ? [legend(ascii)] : []
  if (pane.kind === 'histogram') return `${ascii ? '#' : '█'} ${neutralise(pane.lines[0]!.name)}`
  const lines = pane.lines.map(({ name }, i) => `${markOf(pane, i, ascii).text} ${neutralise(name)}`)
  return [...candles, ...lines].join('  ')
}

/** Names what is drawn below it, and is the line between two panes. Names may reach over the labels, a rule may not. */
function title(
  pane: Drawn,
  index: number,
  { ascii, width, most, paint }: Look & { paint: Paint; most: number },
): string {
  const { floor, side, end } = axis(ascii)
  const text = truncate(marksOf(pane, ascii), most, ascii)
  const left = width - displayWidth(text)
  if (left < 0) return text
  if (index === 0 || left === 0) return padTo(text, width, 'left') + side
  return `${text} ${paint('dim', floor.repeat(left - 1))}${end}`
}

function volumeLines({ bars }: Drawn, { ascii, at, width }: Look, paint: Paint, labelled: boolean): readonly string[] {
  const most = bars.reduce((highest, bar) => Math.max(highest, bar?.volume ?? 0), 0)
  const { side } = axis(ascii)
  return Array.from({ length: VOLUME_LINES }, (_, line) => {
    const below = (VOLUME_LINES - 1 - line) * 8
    const cells = Array.from({ length: width }, () => ' ')
    for (const [i, bar] of bars.entries()) {
      const volume = bar?.volume ?? 0
      // What was traded at all is seen at all.
      const eighths = volume > 0 ? Math.max(1, Math.round((volume / most) * VOLUME_LINES * 8)) : 0
      cells[at[i]!] = column(eighths, below, ascii)
    }
    const label = line === 0 && labelled ? ` ${truncate(`vol ${short(most)}`, VOLUME_LABEL, ascii)}` : ''
    return `${paint('dim', cells.join(''))}${side}${label}`
  })
}

const short = (volume: number): string =>
  new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 3 }).format(volume)

function timeLines({ times, slots, step, merged }: Track, { ascii, at, width: length }: Look, width: number) {
  const { floor, mark, corner } = axis(ascii)
  const span = times.at(-1)! - times[0]!
  const line = Array.from({ length }, () => floor)
  let labels = ''
  for (const [i, [row]] of slots.entries()) {
    const x = at[i]!
    const free = labels === '' || x >= labels.length + 3
    if (row === undefined || !free) continue
    const text = timeText(times[row]!, { span, step: step * merged })
    if (x + text.length > width) break
    labels = labels.padEnd(x) + text
    line[x] = mark
  }
  return [`${line.join('')}${corner}`, labels]
}

function footer({ times, merged, missing }: Track, marks: string | undefined, ascii: boolean, width: number): string {
  const first = minuteText(times[0]!)
  const last = minuteText(times.at(-1)!)
  const count = times.length
  const merging = merged > 1 ? `${count} bars, ${merged} merged per column` : `${count} ${count === 1 ? 'bar' : 'bars'}`
  const parts = [
    marks,
    merging,
    missing > 0 ? `${missing} missing` : undefined,
    first === last ? first : `${first} to ${last}`,
  ]
  // The dates go first when the terminal is narrow: that bars were merged must be read.
  for (let length = parts.length; length > 1; length--) {
    const text = parts
      .slice(0, length)
      .filter((part) => part !== undefined)
      .join('  ')
    if (displayWidth(text) <= width) return text
  }
  return truncate(merging, width, ascii)
}
