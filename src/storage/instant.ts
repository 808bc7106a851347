// Moments as the server tells them, in milliseconds: also those that Date does not read.

const TEXT = /^(\d+)(-.*?)(?:Z|\+00(?::00)?)( BC)?$/

/** `2025-01-01T00:00:00Z`, `0044-03-15T00:00:00+00 BC`, `infinity`. What is finer than a millisecond is cut off. */
export function milliseconds(text: string): number {
  if (text === 'infinity') return Number.POSITIVE_INFINITY
  if (text === '-infinity') return Number.NEGATIVE_INFINITY
  const [, digits, rest, bc] = TEXT.exec(text) ?? []
  if (digits === undefined) return Date.parse(text)
  // The year before 1 is 1 BC to the server, and 0 to ISO 8601.
  const year = bc === undefined ? Number(digits) : 1 - Number(digits)
  const at = Date.parse(`${year < 0 ? '-' : '+'}${String(Math.abs(year)).padStart(6, '0')}${rest}Z`)
  // The server's calendar goes on for some ten thousand years after Date's has ended.
  return Number.isNaN(at) ? Number.POSITIVE_INFINITY : at
}
