// Candlesticks for a terminal: prices on the right, times below, volume beneath when there is room.
import { type Bar, type ChartRow, type Columns, parseBars, placeBars } from './chart-bars.ts'
import { axis, column, glyph, type Half, legend } from './chart-glyphs.ts'
import { cellOf, minuteText, priceScale, priceTicks, type Scale, timeText } from './chart-scale.ts'
import { type Paint, painter } from './paint.ts'
import { displayWidth, truncate } from './text.ts'

export interface ChartOptions {
  readonly width: number
  readonly height: number
  readonly color: boolean
  readonly ascii: boolean
}

const LEAST = { width: 24, height: 8 }
const VOLUME_FROM_HEIGHT = 14
const VOLUME_LINES = 3
/** `vol 12.3M` */
const VOLUME_LABEL = 9
/** Time axis, its labels, the legend. */
const BELOW = 3

interface Look {
  readonly paint: Paint
  readonly ascii: boolean
  /** Cells from one candle to the next. */
  readonly pitch: number
}

/**
 * A chart of at most `width` x `height` cells (never less than 24 x 8), ending in a newline; empty without candles.
 * Prices become JavaScript numbers here and nowhere else: a cell is far coarser than their error.
 */
export function candleChart(rows: readonly ChartRow[], options: ChartOptions): string {
  const { color, ascii } = options
  const bars = parseBars(rows)
  if (bars.length === 0) return ''
  const width = Math.max(LEAST.width, options.width)
  const height = Math.max(LEAST.height, options.height)
  const hasVolume = height >= VOLUME_FROM_HEIGHT && bars.some(({ volume }) => volume !== null && volume > 0)
  const lines = height - BELOW - (hasVolume ? VOLUME_LINES : 0)
  const scale = priceScale(bars)
  const ticks = labelLines(scale, lines)
  const labelWidth = Math.max(hasVolume ? VOLUME_LABEL : 0, ...ticks.map((text) => text?.length ?? 0))
  const room = Math.max(1, width - labelWidth - 2)
  const columns = placeBars(bars, room)
  const pitch = Math.max(1, Math.min(3, Math.floor(room / columns.bars.length)))
  const look = { paint: painter(color), ascii, pitch }
  return [
    ...priceLines(columns.bars, { scale, lines, ticks }, look),
    ...(hasVolume ? volumeLines(columns.bars, look) : []),
    ...timeLines(columns, look, width),
    footer(columns, bars, ascii, width),
  ]
    .map((line) => `${line.trimEnd()}\n`)
    .join('')
}

/** The label of each line, undefined where there is none. */
function labelLines(scale: Scale, lines: number): readonly (string | undefined)[] {
  const labels: (string | undefined)[] = Array.from({ length: lines })
  for (const { price, text } of priceTicks(scale, Math.max(2, Math.floor(lines / 3))))
    labels[cellOf(price, scale, lines)] ??= text
  return labels
}

interface Pane {
  readonly scale: Scale
  readonly lines: number
  readonly ticks: readonly (string | undefined)[]
}

function priceLines(bars: readonly (Bar | undefined)[], { scale, lines, ticks }: Pane, look: Look): readonly string[] {
  const { paint, ascii, pitch } = look
  const { side, tick } = axis(ascii)
  const candles = bars.map((bar) => (bar ? halvesOf(bar, scale, lines * 2) : undefined))
  return Array.from({ length: lines }, (_, line) => {
    const cells = candles.map((candle) => {
      if (!candle) return ' '.repeat(pitch)
      const text = glyph(candle.halves[line * 2]!, candle.halves[line * 2 + 1]!, { up: candle.up, ascii })
      return (text === ' ' ? text : paint(candle.up ? 'green' : 'red', text)) + ' '.repeat(pitch - 1)
    })
    const label = ticks[line]
    return `${cells.join('')}${label === undefined ? side : `${tick} ${label}`}`
  })
}

/** Which half cells, from the top, a candle covers; a candle without a body still gets one half. */
function halvesOf({ open, high, low, close }: Bar, scale: Scale, count: number): { up: boolean; halves: Half[] } {
  const at = (price: number) => cellOf(price, scale, count)
  const top = at(Math.max(open, close))
  const bottom = at(Math.min(open, close))
  const first = Math.min(top, at(high))
  const last = Math.max(bottom, at(low))
  const halves = Array.from({ length: count }, (_, half): Half => {
    if (half >= top && half <= bottom) return 'body'
    return half >= first && half <= last ? 'wick' : 'none'
  })
  return { up: close >= open, halves }
}

function volumeLines(bars: readonly (Bar | undefined)[], { paint, ascii, pitch }: Look): readonly string[] {
  const most = Math.max(...bars.map((bar) => bar?.volume ?? 0))
  const eighths = bars.map((bar) => {
    const volume = bar?.volume ?? 0
    // What was traded at all is seen at all.
    return volume > 0 ? Math.max(1, Math.round((volume / most) * VOLUME_LINES * 8)) : 0
  })
  const { side } = axis(ascii)
  return Array.from({ length: VOLUME_LINES }, (_, line) => {
    const below = (VOLUME_LINES - 1 - line) * 8
    const cells = eighths.map((height) => column(height, below, ascii) + ' '.repeat(pitch - 1))
    return `${paint('dim', cells.join(''))}${side}${line === 0 ? ` ${truncate(`vol ${short(most)}`, VOLUME_LABEL, ascii)}` : ''}`
  })
}

const short = (volume: number): string =>
  new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 3 }).format(volume)

function timeLines({ bars, step, merged }: Columns, { ascii, pitch }: Look, width: number): readonly string[] {
  const { floor, mark, corner } = axis(ascii)
  const known = bars.filter((bar) => bar !== undefined)
  const span = known.at(-1)!.time - known[0]!.time
  const line = Array.from({ length: bars.length * pitch }, () => floor)
  let labels = ''
  for (const [i, bar] of bars.entries()) {
    const at = i * pitch
    const free = labels === '' || at >= labels.length + 3
    if (!bar || !free) continue
    const text = timeText(bar.time, { span, step: step * merged })
    if (at + text.length > width) break
    labels = labels.padEnd(at) + text
    line[at] = mark
  }
  return [`${line.join('')}${corner}`, labels]
}

function footer({ merged, count, missing }: Columns, all: readonly Bar[], ascii: boolean, width: number): string {
  const first = minuteText(all[0]!.time)
  const last = minuteText(all.at(-1)!.time)
  const parts = [
    legend(ascii),
    merged > 1 ? `${count} bars, ${merged} merged per column` : `${count} ${plural(count)}`,
    missing > 0 ? `${missing} missing` : undefined,
    first === last ? first : `${first} to ${last}`,
  ]
  // The dates go first when the terminal is narrow: that bars were merged must be read.
  for (let length = parts.length; length > 1; length--) {
    const text = parts.slice(0, length).filter(Boolean).join('  ')
    if (displayWidth(text) <= width) return text
  }
  return truncate(parts.slice(1, 2).join(''), width, ascii)
}

const plural = (count: number) => (count === 1 ? 'bar' : 'bars')
