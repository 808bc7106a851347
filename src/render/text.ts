// What a terminal makes of a string: which characters it would obey instead of show, and how many cells they take.

// Controls, format characters (bidi overrides, zero width), private use, lone surrogates, line separators.
const UNSAFE = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu
const NAMED: Readonly<Record<string, string>> = { '\t': '\\t', '\n': '\\n', '\r': '\\r' }

function spelled(character: string): string {
  const code = character.codePointAt(0) ?? 0
  return NAMED[character] ?? (code < 0x100 ? `\\x${hex(code, 2)}` : `\\u{${hex(code, 4)}}`)
}

const hex = (code: number, digits: number) => code.toString(16).padStart(digits, '0')

/** `text` with everything a terminal would act upon spelled out: `\x1b`, `\n`, `\u{202e}`. One line, always. */
export const neutralise = (text: string): string => text.replace(UNSAFE, spelled)

/** As `neutralise`, but tabs and line ends stay: for formats in which they are structure. */
export const neutraliseKeepingLines = (text: string): string =>
  text.replace(UNSAFE, (character) => (character in NAMED ? character : spelled(character)))

const ASCII = /^[\x20-\x7e]*$/
const ZERO_WIDTH = /\p{M}/u
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|(?!\p{Regional_Indicator})\p{Emoji_Presentation}/u

export const isAscii = (text: string): boolean => ASCII.test(text)

const cellsOf = (character: string): number => (ZERO_WIDTH.test(character) ? 0 : WIDE.test(character) ? 2 : 1)

/** Terminal cells of a neutralised text; rough for scripts that join letters. */
export function displayWidth(text: string): number {
  if (isAscii(text)) return text.length
  let width = 0
  for (const character of text) width += cellsOf(character)
  return width
}

/** The longest beginning of `text` that takes at most `width` cells. */
export function head(text: string, width: number): string {
  if (isAscii(text)) return text.slice(0, Math.max(0, width))
  let taken = ''
  let used = 0
  for (const character of text) {
    used += cellsOf(character)
    if (used > width) break
    taken += character
  }
  return taken
}

/** `text` in at most `width` cells, ending in an ellipsis when some of it had to go. */
export function truncate(text: string, width: number, ascii = false): string {
  if (displayWidth(text) <= width) return text
  const ellipsis = ascii ? '~' : '…'
  return width < 1 ? '' : head(text, width - 1) + ellipsis
}

export const padTo = (text: string, width: number, align: 'left' | 'right'): string => {
  const blanks = ' '.repeat(Math.max(0, width - displayWidth(text)))
  return align === 'left' ? text + blanks : blanks + text
}

/** `text` cut into lines of at most `width` cells. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = []
  let rest = text
  while (displayWidth(rest) > width) {
    // At least one character a line, or a wide one in a single cell would never end.
    const line = head(rest, width) || [...rest][0]!
    lines.push(line)
    rest = rest.slice(line.length)
  }
  return [...lines, rest]
}
