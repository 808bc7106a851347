// The table for people: no borders, a rule below the header, numbers on the right.
import CliTable from 'cli-table3'
import type { Column } from '../core/result.ts'
import { humanColumn, NOTHING } from './human.ts'
import { fieldOf, rawText } from './machine.ts'
import { type Paint, painter } from './paint.ts'
import { fitWidths, GAP } from './table-layout.ts'
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
  const all = columns.map((column) => cellsOf(view, column, shown))
  const brief = all.filter(({ column }) => !column.echo)
  const fits = (cells: readonly Cells[]) => fitWidths(cells.map(measure(header)), width)
  const cells = fits(all) === undefined && brief.length > 0 ? brief : all
  const widths = fits(cells)
  const paint = painter(view.color)
  if (widths === undefined) yield* verticalLines({ ...view, rows: shown })
  else {
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

const measure =
  (header: boolean) =>
  ({ column, name, values }: Cells) => ({
    natural: values.reduce((most, text) => Math.max(most, displayWidth(text)), header ? displayWidth(name) : 0),
    shrinks: column.kind === 'text',
  })

function* headerLines(cells: readonly Cells[], widths: readonly number[], look: { paint: Paint; ascii: boolean }) {
  const names = cells.map(({ column, name }, i) => ({
    text: padTo(truncate(name, widths[i]!, look.ascii), widths[i]!, alignmentOf(column)),
    style: 'bold' as const,
  }))
  const rules = widths.map((width) => ({ text: (look.ascii ? '-' : '─').repeat(width), style: 'dim' as const }))
  yield draw([names, rules], widths, look.paint)
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
