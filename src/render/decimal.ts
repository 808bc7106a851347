// Exact decimals made shorter for people. Digits are handled as text: money never becomes a JavaScript number.

const PLAIN = /^(-?)(\d+)(?:\.(\d+))?$/
/** Fewer would hide what traders look at: 8 tell 97123.4567 from 97123.4568. */
const SIGNIFICANT = 8
const LEAST_PLACES = 2

/**
 * At least 8 significant digits of a plain decimal, half away from zero, without trailing zeros. The integer part is
 * never rounded and two decimals always stay; what is no plain decimal (NaN, 1e-7) comes back unchanged.
 */
export function shortDecimal(text: string): string {
  const match = PLAIN.exec(text)
  if (!match) return text
  const [, sign = '', integer = '0', fraction = ''] = match
  const places = placesToKeep(integer.replace(/^0+/, ''), fraction)
  if (fraction.length <= places) return trim(sign, integer, fraction)
  const kept = integer + fraction.slice(0, places)
  const up = fraction.charAt(places) >= '5' ? 1n : 0n
  const rounded = (BigInt(kept) + up).toString().padStart(places + 1, '0')
  const point = rounded.length - places
  return trim(sign, rounded.slice(0, point), rounded.slice(point))
}

function placesToKeep(integer: string, fraction: string): number {
  if (integer !== '') return Math.max(LEAST_PLACES, SIGNIFICANT - integer.length)
  const leadingZeros = /^0*/.exec(fraction)![0].length
  return leadingZeros + SIGNIFICANT
}

function trim(sign: string, integer: string, fraction: string): string {
  const left = integer.replace(/^0+(?=\d)/, '')
  const right = fraction.replace(/0+$/, '')
  return `${sign}${left}${right === '' ? '' : `.${right}`}`
}

/** Pads on the right so that, once right-aligned, all points of the column stand below each other. */
export function alignPoints(texts: readonly string[]): readonly string[] {
  const tail = (text: string) => {
    const match = PLAIN.exec(text)
    if (!match) return undefined
    return match[3] === undefined ? 0 : match[3].length + 1
  }
  const widest = Math.max(0, ...unique(texts.map(tail)))
  return texts.map((text) => {
    const own = tail(text)
    return own === undefined ? text : text + ' '.repeat(widest - own)
  })
}

// A spread of a long column would overflow the stack; there are only a few different lengths.
const unique = (numbers: readonly (number | undefined)[]): readonly number[] =>
  [...new Set(numbers)].filter((number) => number !== undefined)
