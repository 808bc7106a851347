// The characters of a candle. Up is an outline, down is filled: colour only repeats what the shape says.

/** What a half of a cell holds. */
export type Half = 'none' | 'wick' | 'body'

const UP: Readonly<Record<Half, Readonly<Record<Half, string>>>> = {
  none: { none: ' ', wick: '╷', body: '╻' },
  wick: { none: '╵', wick: '│', body: '╽' },
  body: { none: '╹', wick: '╿', body: '┃' },
}

const DOWN: Readonly<Record<Half, Readonly<Record<Half, string>>>> = {
  none: { none: ' ', wick: '╷', body: '▄' },
  wick: { none: '╵', wick: '│', body: '▄' },
  body: { none: '▀', wick: '▀', body: '█' },
}

/** One character for the upper and lower half of a cell. ASCII has no halves: the body wins. */
export function glyph(upper: Half, lower: Half, { up, ascii }: { up: boolean; ascii: boolean }): string {
  if (!ascii) return (up ? UP : DOWN)[upper][lower]
  if (upper === 'body' || lower === 'body') return up ? 'O' : '#'
  return upper === 'wick' || lower === 'wick' ? '|' : ' '
}

export const legend = (ascii: boolean): string => (ascii ? 'O up  # down' : '┃ up  █ down')

const EIGHTHS = ' ▁▂▃▄▅▆▇█'

/** What a column of `eighths` (8 to a line) shows on the line that starts `below` eighths above the ground. */
export function column(eighths: number, below: number, ascii: boolean): string {
  const part = Math.min(8, Math.max(0, eighths - below))
  if (ascii) return part >= 4 || (below === 0 && part > 0) ? '#' : ' '
  return EIGHTHS[part]!
}

export const axis = (ascii: boolean) =>
  ascii
    ? { side: '|', tick: '+', floor: '-', mark: '+', corner: '+', end: '+' }
    : { side: '│', tick: '┤', floor: '─', mark: '┬', corner: '┘', end: '┤' }
