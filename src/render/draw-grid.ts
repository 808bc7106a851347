// A rectangle of cells to draw in. Coordinates count from the top left; what falls outside is not drawn.
import type { Paint, Style } from './paint.ts'

const BRAILLE = 0x2800
/** Bit of a dot, by its row and column in a cell. */
const DOTS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const

/** Dots of braille in a cell. */
export const FINE = { across: 2, down: 4 } as const

interface Cell {
  text: string
  style: Style | undefined
}

export class Grid {
  readonly width: number
  readonly height: number
  readonly #cells: (Cell | undefined)[]

  constructor(width: number, height: number) {
    this.width = width
    this.height = height
    this.#cells = new Array(width * height)
  }

  #inside(x: number, y: number): boolean {
    return x >= 0 && y >= 0 && x < this.width && y < this.height
  }

  /** Blank cells only: who draws first lies on top. */
  put(x: number, y: number, text: string, style?: Style): void {
    if (!this.#inside(x, y) || text === ' ') return
    this.#cells[y * this.width + x] ??= { text, style }
  }

  /** One of the eight dots of a cell; dots of one line join, other characters stay. */
  dot(x: number, y: number, style?: Style): void {
    const [column, row] = [Math.floor(x / FINE.across), Math.floor(y / FINE.down)]
    if (!this.#inside(column, row)) return
    const bit = DOTS[y % FINE.down]![x % FINE.across]!
    const there = this.#cells[row * this.width + column]
    const code = there?.text.charCodeAt(0) ?? BRAILLE
    if (code < BRAILLE || code > BRAILLE + 0xff) return
    this.#cells[row * this.width + column] = { text: String.fromCharCode(code | bit), style }
  }

  /** Each line as text, blanks at its end kept. Neighbours of one style are painted together. */
  lines(paint: Paint): readonly string[] {
    return Array.from({ length: this.height }, (_, y) => {
      let line = ''
      let run: Cell = { text: '', style: undefined }
      const flush = () => {
        line += run.style && run.text ? paint(run.style, run.text) : run.text
      }
      for (let x = 0; x < this.width; x++) {
        const { text, style } = this.#cells[y * this.width + x] ?? { text: ' ', style: undefined }
        if (style === run.style) run.text += text
        else {
          flush()
          run = { text, style }
        }
      }
      flush()
      return line
    })
  }
}

/** Every point between two, both included. */
export function* between(x0: number, y0: number, x1: number, y1: number): Generator<readonly [number, number]> {
  const steps = Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0))
  for (let i = 0; i <= steps; i++) {
    const share = steps === 0 ? 0 : i / steps
    yield [Math.round(x0 + (x1 - x0) * share), Math.round(y0 + (y1 - y0) * share)]
  }
}
