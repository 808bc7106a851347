// Names, statements and messages come from others: each stays one line, and steers neither a terminal nor a reader's eye.

/** Without what would end a line, move a cursor, or be seen by nobody. */
export const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')

/** And no longer than so many characters. */
export function clipped(text: string, longest: number): string {
  const line = oneLine(text)
  return line.length > longest ? `${line.slice(0, longest - 1).replace(/\p{Cs}$/u, '')}…` : line
}
