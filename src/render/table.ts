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
    const { cells, widths } = layout
    if (header) yield* headerLines(cells, widths, { paint, ascii: ascii || !isTTY })
    for (let start = 0; start < shown.length; start += BLOCK) yield blockOf(cells, widths, { start, paint, ascii })
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
}

/** Where room is short, echoes go first, then names break at their underscores, and only then is text cut. */
function layoutOf(all: readonly Cells[], { header, width }: { header: boolean; width: number }): Layout | undefined {
  const brief = all.filter(({ column }) => !column.echo)
  const kept = brief.length > 0 ? brief : all
  const whole = measure((name) => (header ? displayWidth(name) : 0))
  const broken = measure((name) => (header ? Math.max(...pieces(name).map(displayWidth)) : 0))
  for (const [cells, by] of [[all, whole] as const, [kept, whole] as const]) {
    const natural = cells.map(by)
    if (totalWidth(natural) <= width) return { cells, widths: natural.map(({ natural }) => natural) }
  }
  const widths = fitWidths(kept.map(broken), width)
  return widths && { cells: kept, widths: rejoined(kept, widths, header ? width : 0) }
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

function* headerLines(cells: readonly Cells[], widths: readonly number[], look: { paint: Paint; ascii: boolean }) {
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
  yield draw([...names, rules], widths, look.paint)
}

function blockOf(
  cells: readonly Cells[],
  widths: readonly number[],
  { start, paint, ascii }: { start: number; paint: Paint; ascii: boolean },
): string {
  const length = Math.min(BLOCK, cells[0]!.values.length - start)
  const block = Array.from({ length }, (_, offset) =>
    cells.map(({ column, values }, i) => {
      const text = values[start + offset]!
      const padded = padTo(truncate(text, widths[i]!, ascii), widths[i]!, alignmentOf(column))
      return { text: padded, style: text === NOTHING ? ('dim' as const) : undefined }
    }),
  )
  return draw(block, widths, paint)
}

interface Painted {
  readonly text: string
  readonly style: 'bold' | 'dim' | undefined
}

/** Stands in cli-table3's grid for a cell it would measure otherwise than we do; no value holds it (see text.ts). */
const STAND_IN = '\ue000'

function draw(lines: readonly (readonly Painted[])[], widths: readonly number[], paint: Paint): string {
  const table = new CliTable({
    // Its defaults colour header and borders even into a pipe.
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
    chars: { ...NO_BORDERS, middle: ' '.repeat(GAP) },
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
