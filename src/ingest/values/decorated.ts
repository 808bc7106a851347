// Numbers in a person's dress: `$39,979.12`, `+2.01%`, `1.5B`, `960,017 BTC`. Only what can be read one way is read, and
// nothing passes through a float: a scale is an exponent behind the digits as they were written.

/** A plain decimal, with an exponent at most, and what it counts. */
export interface Plain {
  readonly text: string
  /** As written behind the number; USD for a dollar sign. */
  readonly unit?: string | undefined
}

const EXPONENTS: Readonly<Record<string, number>> = { k: 3, K: 3, M: 6, B: 9, T: 12 }

// Commas only in groups of three behind a first group that no decimal begins with: `0,123` is a decimal comma.
const DIGITS = String.raw`[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?|\d+(?:\.\d*)?|\.\d+`
// A unit of three digits and letters could be the end of `12 345 BTC`, written without its last blank.
const UNIT = String.raw`(?!\d{3}[A-Z])(?=\d*[A-Z])[A-Z\d]{2,10}`
const DECORATED = new RegExp(
  String.raw`^(?<sign>[+-]?)(?:(?<dollar>(?:US)?\$) ?(?<inner>[+-]?))?` +
    String.raw`(?<digits>${DIGITS})(?:[eE](?<exponent>[+-]?\d{1,4}))?` +
    `(?:(?<percent> ?%)|(?: ?(?<scale>[kKMBT]))?(?: +(?<unit>${UNIT}))?)$`,
)

/** Words for a scale or a share that look like a coin: to leave them off would be wrong by millions. */
const NO_UNITS = new Set([
  ...['MM', 'MN', 'MIO', 'MLN', 'MIL', 'MILLION', 'MILLIONS', 'THOUSAND', 'LAKH', 'CRORE', 'CR'],
  ...['BN', 'BLN', 'BIO', 'MRD', 'BILLION', 'BILLIONS', 'TN', 'TRN', 'TLN', 'TRILLION', 'TRILLIONS'],
  ...['PCT', 'PERCENT', 'BP', 'BPS'],
])

/** The number that was meant; undefined when that takes a guess. Another currency's sign never passes for a dollar. */
export function plainDecimal(written: string): Plain | undefined {
  const groups = DECORATED.exec(written)?.groups
  if (!groups) return undefined
  const { sign, dollar, inner, digits, exponent, percent, scale, unit } = groups
  if (sign && inner) return undefined
  if (dollar && (percent || (unit !== undefined && unit !== 'USD'))) return undefined
  if (unit !== undefined && NO_UNITS.has(unit)) return undefined
  const power = Number(exponent ?? 0) + (scale === undefined ? 0 : EXPONENTS[scale]!)
  const minus = sign === '-' || inner === '-' ? '-' : ''
  const text = `${minus}${digits!.replaceAll(',', '')}${power === 0 ? '' : `e${power}`}`
  return { text, unit: dollar ? 'USD' : unit }
}
