// Panes of a picture on one axis of time: candles hollow and filled, lines told apart by their dashes.
import { priceTicks, type Scale, timeText } from './chart-scale.ts'
import type { Track } from './draw-data.ts'
import type { Drawn, Line } from './draw-panes.ts'
import { element, type Size, tenth } from './svg-document.ts'

const MARGIN = { left: 12, right: 84, top: 8, bottom: 32 }
const LEGEND = 22
const GAP = 8
const LABEL_EVERY = 120
/** Rough width of a character of the 12 pixel font. */
const CHARACTER = 7
const VOLUME_SHARE = 0.2

const DASHES = ['', '7 3', '2 3', '9 3 2 3', '14 4', '1 5'] as const
const COLOURS = ['#1a56c4', '#b45309', '#7e22ce', '#0f766e', '#be123c', '#444444'] as const

/** Where a pane lies, in pixels. */
interface Box {
  readonly top: number
  readonly height: number
  readonly left: number
  readonly right: number
}

export function svgPanes(panes: readonly Drawn[], track: Track, { width, height }: Size): readonly string[] {
  const left = MARGIN.left
  const right = Math.max(left + 20, width - MARGIN.right)
  const pitch = (right - left) / track.slots.length
  const x = (i: number) => left + (i + 0.5) * pitch
  const free = height - MARGIN.top - MARGIN.bottom - panes.length * (LEGEND + GAP)
  const weights = panes.map((_, i) =>
    panes.length === 1
      ? 1
      : i > 0
        ? (panes.length === 2 ? 0.4 : 0.5) / (panes.length - 1)
        : panes.length === 2
          ? 0.6
          : 0.5,
  )
  let top = MARGIN.top
  const drawn = panes.flatMap((pane, i) => {
    const box = { left, right, top: top + LEGEND, height: Math.max(20, free * weights[i]!) }
    const parts = [...legendOf(pane, top + 14, left), ...paneOf(pane, box, { x, pitch })]
    top = box.top + box.height + GAP
    return parts
  })
  return [...drawn, ...timeAxis(track, { left, right, top: top - GAP, height: 0 }, x)]
}

/** Nothing drawn lies on the frame. */
const roomier = ({ low, high }: Scale): Scale => {
  const room = (high - low) * 0.04
  return { low: low - room, high: high + room }
}

interface Across {
  x(i: number): number
  readonly pitch: number
}

function paneOf(pane: Drawn, box: Box, across: Across): readonly string[] {
  const { low, high } = roomier(pane.scale)
  const y = (price: number) => box.top + ((high - price) / (high - low)) * box.height
  const { left, right } = box
  const ticks = priceTicks({ low, high }, Math.max(2, Math.floor(box.height / 50))).flatMap(({ price, text }) => [
    element('line', { class: 'faint', x1: left, x2: right, y1: y(price), y2: y(price) }),
    element('text', { x: right + 6, y: y(price) + 4 }, text),
  ])
  const levels = pane.levels.flatMap((level) => [
    element('line', { class: 'ink', 'stroke-dasharray': '1 4', x1: left, x2: right, y1: y(level), y2: y(level) }),
    element(
      'text',
      { x: right - CHARACTER * String(level).length - 2, y: y(level) < box.top + 14 ? y(level) + 12 : y(level) - 3 },
      String(level),
    ),
  ])
  const lines =
    pane.kind === 'histogram'
      ? bars(pane.lines[0]!, y, across)
      : pane.lines.flatMap((line, i) => path(line, y, across, lineStyle(pane, i)))
  return [
    ...ticks,
    element('rect', { class: 'ink', x: left, y: box.top, width: right - left, height: box.height }),
    ...volumes(pane, box, across),
    ...candles(pane, y, across),
    ...lines,
    ...levels,
  ]
}

/** No line over candles is a plain one, which is how their wicks are drawn. */
const lineStyle = ({ kind }: Drawn, index: number) => {
  const i = kind === 'candles' ? index + 1 : index
  return {
    stroke: COLOURS[i % COLOURS.length]!,
    'stroke-width': 1.5,
    'stroke-dasharray': DASHES[i % DASHES.length] || 'none',
    fill: 'none',
  }
}

function candles({ bars: all }: Drawn, y: (price: number) => number, { x, pitch }: Across): readonly string[] {
  const wide = Math.max(1, Math.min(14, pitch * 0.7))
  return all.flatMap((bar, i) => {
    if (!bar) return []
    const style = bar.close >= bar.open ? 'up' : 'down'
    const [top, bottom] = [y(Math.max(bar.open, bar.close)), y(Math.min(bar.open, bar.close))]
    return [
      element('line', { class: style, x1: x(i), x2: x(i), y1: y(bar.high), y2: y(bar.low) }),
      element('rect', { class: style, x: x(i) - wide / 2, y: top, width: wide, height: Math.max(1, bottom - top) }),
    ]
  })
}

function volumes({ bars: all }: Drawn, box: Box, { x, pitch }: Across): readonly string[] {
  const most = all.reduce((highest, bar) => Math.max(highest, bar?.volume ?? 0), 0)
  if (most === 0) return []
  const wide = Math.max(1, pitch * 0.7)
  return all.flatMap((bar, i) => {
    if (!bar?.volume || bar.volume < 0) return []
    const height = (bar.volume / most) * box.height * VOLUME_SHARE
    return [
      element('rect', {
        class: 'volume',
        opacity: '0.5',
        x: x(i) - wide / 2,
        y: box.top + box.height - height,
        width: wide,
        height,
      }),
    ]
  })
}

/** Nulls break the line; a point between two of them is a dot. Merged rows reach from their lowest to their highest. */
function path(
  { values }: Line,
  y: (price: number) => number,
  { x }: Across,
  style: Readonly<Record<string, string | number>>,
): readonly string[] {
  const point = (i: number, price: number) => `${tenth(x(i))} ${tenth(y(price))}`
  let steps = ''
  const dots: string[] = []
  for (const [i, value] of values.entries()) {
    if (!value) continue
    const before = values[i - 1]
    if (!before && !values[i + 1])
      dots.push(element('circle', { cx: x(i), cy: y(value.mean), r: 2, fill: style.stroke! }))
    const way = value.low === value.high ? [value.low] : [value.first, value.low, value.high, value.last]
    for (const [n, price] of way.entries()) steps += `${n === 0 && !before ? 'M' : 'L'}${point(i, price)}`
  }
  return steps === '' ? [] : [element('path', { ...style, d: steps }), ...dots]
}

function bars({ values }: Line, y: (price: number) => number, { x, pitch }: Across): readonly string[] {
  const wide = Math.max(1, pitch * 0.8)
  return values.flatMap((value, i) => {
    if (!value) return []
    const [top, bottom] = [y(Math.max(0, value.mean)), y(Math.min(0, value.mean))]
    const style = value.mean >= 0 ? 'up' : 'down'
    return [
      element('rect', { class: style, x: x(i) - wide / 2, y: top, width: wide, height: Math.max(0.5, bottom - top) }),
    ]
  })
}

/** Samples of what is in a pane with their names, above it. */
function legendOf(pane: Drawn, y: number, left: number): readonly string[] {
  let x = left
  const parts: string[] = []
  const named = (sample: string, wide: number, name: string) => {
    parts.push(sample, element('text', { x: x + wide + 6, y }, name))
    x += wide + 22 + name.length * CHARACTER
  }
  const box = (style: string) => element('rect', { class: style, x, y: y - 10, width: 8, height: 10 })
  if (pane.kind === 'candles') {
    named(box('up'), 8, 'up')
    named(box('down'), 8, 'down')
  }
  if (pane.kind === 'histogram') named(box('up'), 8, pane.lines[0]!.name)
  else
    for (const [i, { name }] of pane.lines.entries())
      named(element('line', { ...lineStyle(pane, i), x1: x, x2: x + 36, y1: y - 4, y2: y - 4 }), 36, name)
  return parts
}

function timeAxis(
  { times, slots, step, merged }: Track,
  { left, right, top }: Box,
  x: (i: number) => number,
): readonly string[] {
  const span = times.at(-1)! - times[0]!
  let free = left - 1
  return slots.flatMap(([row], i) => {
    if (row === undefined || x(i) < free) return []
    const text = timeText(times[row]!, { span, step: step * merged })
    if (x(i) + text.length * CHARACTER > right + MARGIN.right) return []
    free = x(i) + LABEL_EVERY
    return [
      element('line', { class: 'ink', x1: x(i), x2: x(i), y1: top, y2: top + 5 }),
      element('text', { x: x(i), y: top + 18 }, text),
    ]
  })
}
