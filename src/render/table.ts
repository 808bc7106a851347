// The table for people: no borders, a rule below the header, numbers on the right.
import CliTable from 'cli-table3'
import type { Column } from '../core/result.ts'
import { humanColumn, NOTHING } from './human.ts'
import { fieldOf, rawText } from './machine.ts'
import { type Paint, painter } from './paint.ts'
import { fitWidths, GAP, totalWidth } from './table-layout.ts'
import { displayWidth, isAscii, neutralise, padTo, truncate } from './text.ts'
import { verticalLines } from './vertical.ts'
import { alignmentOf, type View } from './view.ts'

/** cli-table3 lays out whole tables; in blocks of known widths a long one still streams. */
const BLOCK = 50

interface Cells {
  readonly column: Column
  readonly name: string
  readonly values: readonly string[]
}

/** Falls back to one value a line when the columns cannot fit the terminal. */
export function* tableLines(view: View): Generator<string> {
  const { columns, rows, width, isTTY, ascii, header, maxRows } = view
  if (columns.length === 0) return
  const shown = rows.length > maxRows ? rows.slice(0, maxRows) : rows
  const layout = layoutOf(
    columns.map((column) => cellsOf(view, column, shown)),
    { header, width },
  )
  const paint = painter(view.color)
  if (layout === undefined) yield* verticalLines({ ...view, rows: shown })
  else {
    const { cells, widths, same, gap } = layout
    if (header) yield* headerLines(cells, widths, { paint, gap, ascii: ascii || !isTTY })
    for (let start = 0; start < shown.length; start += BLOCK) yield blockOf(cells, widths, { start, paint, gap, ascii })
    yield* sameLines(same, { width, paint, ascii })
  }
  const left = rows.length - shown.length
  if (left > 0)
    yield `${paint('dim', truncate(`${ascii ? '...' : '…'} ${left} more rows; -o csv has all`, width, ascii))}\n`
}

function cellsOf({ isTTY, ascii }: View, column: Column, rows: readonly object[]): Cells {
  const values = rows.map((row) => fieldOf(row, column))
  const texts = isTTY ? humanColumn(values, column.kind, ascii) : values.map((value) => neutralise(rawText(value)))
  return { column, name: neutralise(column.name), values: texts }
}

interface Layout {
  readonly cells: readonly Cells[]
  readonly widths: readonly number[]
  /** Left out of the rows, which all have one value for it: said once below them. */
  readonly same: readonly Cells[]
  /** Blanks between two columns. */
  readonly gap: number
}

/** The last echo gone, the last two, and so on; `kept` has none left. Both ends of a window go together. */
function withoutEchoes(all: readonly Cells[], kept: readonly Cells[]): readonly (readonly Cells[])[] {
  const echoes = all.filter((cells) => !kept.includes(cells))
  const half = (cells: Cells | undefined) => cells?.column.kind === 'time'
  const cuts = echoes.map((_, i) => echoes.length - 1 - i).filter((at) => !(half(echoes[at]) && half(echoes[at - 1])))
  return echoes.length === 0 ? [kept] : cuts.map((at) => all.filter((cells) => !echoes.slice(at).includes(cells)))
}

/**
 * Where room is short, echoes go first, the last of them to begin with, then names break at their underscores, then what is the same in all rows is
 * said once, then columns move together; text is cut before numbers touch the edge.
 */
function layoutOf(all: readonly Cells[], { header, width }: { header: boolean; width: number }): Layout | undefined {
  const brief = all.filter(({ column }) => !column.echo)
  const kept = brief.length > 0 ? brief : all
  const whole = measure((name) => (header ? displayWidth(name) : 0))
  const broken = measure((name) => (header ? Math.max(...pieces(name).map(displayWidth)) : 0))
  const same = header && kept.some(varies) ? kept.filter((cells) => !varies(cells)) : []
  const varying = kept.filter((cells) => !same.includes(cells))
  const steps = [
    { cells: all, by: whole, same: [], gap: GAP },
    ...withoutEchoes(all, kept).map((cells) => ({ cells, by: whole, same: [], gap: GAP })),
    { cells: kept, by: broken, same: [], gap: GAP },
    { cells: varying, by: broken, same, gap: GAP },
    { cells: varying, by: broken, same, gap: 1 },
  ]
  const finish = ({ cells, same, gap }: (typeof steps)[number], widths: readonly number[]) => ({
    cells,
    widths: header ? rejoined(cells, widths, roomFor(cells, gap)) : widths,
    same,
    gap,
  })
  // What is reckoned with the usual gap has so much more room with a smaller one.
  const roomFor = (cells: readonly Cells[], gap: number) => width + (GAP - gap) * (cells.length - 1)
  for (const step of steps) {
    const natural = step.cells.map(step.by)
    if (totalWidth(natural) <= roomFor(step.cells, step.gap))
      return finish(
        step,
        natural.map((each) => each.natural),
      )
  }
  for (const step of steps.slice(3)) {
    const widths = fitWidths(step.cells.map(step.by), roomFor(step.cells, step.gap))
    if (widths) return finish(step, widths)
  }
  return undefined
}

/** A single row has nothing in common with others. */
const varies = ({ values }: Cells): boolean => values.length < 2 || values.some((value) => value !== values[0])

/** `all rows: exchange_id kraken, quote USD`, broken between columns. */
function* sameLines(same: readonly Cells[], look: { width: number; paint: Paint; ascii: boolean }): Generator<string> {
  if (same.length === 0) return
  const parts = same.map(({ name, values }, i) => `${name} ${values[0]!.trim()}${i < same.length - 1 ? ',' : ''}`)
  let line = 'all rows:'
  for (const part of parts) {
    if (displayWidth(line) + 1 + displayWidth(part) > look.width) {
      yield `${look.paint('dim', line)}\n`
      line = ' '
    }
    line += ` ${truncate(part, Math.max(1, look.width - 2), look.ascii)}`
  }
  yield `${look.paint('dim', line)}\n`
}

const measure =
  (nameWidth: (name: string) => number) =>
  ({ column, name, values }: Cells) => ({
    natural: values.reduce((most, text) => Math.max(most, displayWidth(text)), Math.max(1, nameWidth(name))),
    shrinks: column.kind === 'text',
  })

/** What room is left goes to names that it makes whole again, the cheapest first. */
function rejoined(cells: readonly Cells[], widths: readonly number[], room: number): readonly number[] {
  const whole = [...widths]
  let spare = room - totalWidth(widths.map((natural) => ({ natural, shrinks: false })))
  const lacks = cells
    .map(({ name }, i) => ({ i, lack: displayWidth(name) - widths[i]! }))
    .filter(({ lack }) => lack > 0)
    .sort((a, b) => a.lack - b.lack)
  for (const { i, lack } of lacks) {
    if (lack > spare) break
    whole[i]! += lack
    spare -= lack
  }
  return whole
}

const pieces = (name: string): readonly string[] => name.split(/(?<=_)(?=.)/)

/** `volume_` above `coverage` where both do not fit on one line. */
function nameLines(name: string, width: number): readonly string[] {
  if (displayWidth(name) <= width) return [name]
  const lines: string[] = []
  for (const piece of pieces(name)) {
    const longer = (lines.at(-1) ?? '') + piece
    if (lines.length > 0 && displayWidth(longer) <= width) lines[lines.length - 1] = longer
    else lines.push(piece)
  }
  return lines
}

function* headerLines(
  cells: readonly Cells[],
  widths: readonly number[],
  look: { paint: Paint; gap: number; ascii: boolean },
) {
  const broken = cells.map(({ name }, i) => nameLines(name, widths[i]!))
  const height = Math.max(...broken.map(({ length }) => length))
  const names = Array.from({ length: height }, (_, line) =>
    cells.map(({ column }, i) => {
      // The last line of each stands on the rule.
      const text = broken[i]![line - height + broken[i]!.length] ?? ''
      return {
        text: padTo(truncate(text, widths[i]!, look.ascii), widths[i]!, alignmentOf(column)),
        style: text === '' ? undefined : ('bold' as const),
      }
    }),
  )
  const rules = widths.map((width) => ({ text: (look.ascii ? '-' : '─').repeat(width), style: 'dim' as const }))
  yield draw([...names, rules], widths, look)
}

function blockOf(
  cells: readonly Cells[],
  widths: readonly number[],
  { start, paint, gap, ascii }: { start: number; paint: Paint; gap: number; ascii: boolean },
): string {
  const length = Math.min(BLOCK, cells[0]!.values.length - start)
  const block = Array.from({ length }, (_, offset) =>
    cells.map(({ column, values }, i) => {
      const text = values[start + offset]!
      const padded = padTo(truncate(text, widths[i]!, ascii), widths[i]!, alignmentOf(column))
      return { text: padded, style: text === NOTHING ? ('dim' as const) : undefined }
    }),
  )
  return draw(block, widths, { paint, gap })
}

interface Painted {
  readonly text: string
  readonly style: 'bold' | 'dim' | undefined
}

/** Stands in cli-table3's grid for a cell it would measure otherwise than we do; no value holds it (see text.ts). */
const STAND_IN = '\ue000'

function draw(
  lines: readonly (readonly Painted[])[],
  widths: readonly number[],
  { paint, gap }: { readonly paint: Paint; readonly gap: number },
): string {
  const table = new CliTable({
    // Its defaults colour header and borders even into a pipe.
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
    chars: { ...NO_BORDERS, middle: ' '.repeat(gap) },
    colWidths: [...widths],
  })
  const kept: string[] = []
  for (const line of lines)
    table.push(
      line.map(({ text, style }, i) => {
        const painted = style ? paint(style, text) : text
        if (isAscii(text)) return painted
        kept.push(painted)
        return STAND_IN.repeat(widths[i]!)
      }),
    )
  let next = 0
  const grid = table.toString().replace(/\ue000+/g, () => kept[next++]!)
  return `${grid.replace(/ +$/gm, '')}\n`
}

const NO_BORDERS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
} as const
