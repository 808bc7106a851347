// Colour, by Node's own styleText. Whether a stream wants it was decided before; colour never carries meaning alone.
import { styleText } from 'node:util'

export type Style = 'bold' | 'dim' | 'green' | 'red' | 'cyan' | 'yellow' | 'magenta' | 'blue'
export type Paint = (style: Style, text: string) => string

/** Paints, or leaves as it is. `validateStream: false`: Node must not ask process.stdout, which may not be ours. */
export const painter = (color: boolean): Paint =>
  color ? (style, text) => styleText(style, text, { validateStream: false }) : (_style, text) => text
