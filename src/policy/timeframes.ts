// Widths of candles that a retention may name. Any number of any unit can be one, and a misspelt one would keep for ever what
// it was to throw away: so only those that vendors have, and those that the database holds.

const USUAL = [
  ...[
    '1s',
    '5s',
    '10s',
    '15s',
    '30s',
    '1m',
    '2m',
    '3m',
    '5m',
    '10m',
    '15m',
    '20m',
    '30m',
    '45m',
    '1h',
    '2h',
    '3h',
    '4h',
  ],
  ...['6h', '8h', '12h', '1d', '2d', '3d', '1w', '2w', '1M', '3M'],
]

/** A width as the database spells it. */
const SHAPE = /^[1-9]\d*[smhdwM]$/

export const isTimeframe = (name: string): boolean => SHAPE.test(name)

/** Those of `named` that are neither usual nor `held` by the database. */
export const unknownTimeframes = (named: readonly string[], held: readonly string[]): readonly string[] =>
  named.filter((name) => !USUAL.includes(name) && !held.includes(name))

/** What can be written. */
export const knownText = (held: readonly string[] = []): string => {
  const own = held.filter((name) => !USUAL.includes(name))
  return `write ${USUAL.join(', ')}${own.map((name) => `, ${name}`).join('')}, or * for the others`
}
