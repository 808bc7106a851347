// Decimal text to PostgreSQL's binary numeric and back, digit by digit: nothing passes through a float.
//
// The wire form: int16 count of digits, weight, sign, scale; then digits in base 10000, the first one times 10000^weight.

const MINUS = 0x2d
const PLUS = 0x2b
const POINT = 0x2e
const NEGATIVE = 0x4000

/** Far beyond any price; keeps weight and scale inside their int16. */
const MOST_DIGITS = 2000
const MOST_EXPONENT = 2000

/** The text is not a decimal number. */
export const NOT_A_NUMBER = 0

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39

/**
 * Writes the number in buf[from, to) at out[at]; returns the bytes written, at least 8, or NOT_A_NUMBER.
 * Takes a sign, one point, an exponent; keeps the scale as written (`1.50` stays 1.50), as the server's own input does.
 */
export function writeNumeric(buf: Uint8Array, from: number, to: number, out: Uint8Array, at: number): number {
  const size = readPlain(buf, from, to, out, at)
  return size > 0 && plain.stop === to ? size : writeAny(buf, from, to, out, at)
}

/** So many digits before the point are a small integer, and two groups at most. */
const PLAIN_INTEGERS = 8
const PLAIN_DECIMALS = 32

/** Where the number that was read last ends: no object is made for an answer of two. */
export const plain = { stop: 0 }

/**
 * Most prices, in one pass: some digits, a point, some more. Ends at the first byte that is none of these, in
 * `plain.stop`; returns the bytes written, or NOT_A_NUMBER where it is no such number: then it has to be looked at closely.
 */
export function readPlain(buf: Uint8Array, from: number, to: number, out: Uint8Array, at: number): number {
  let i = from
  let whole = 0
  for (; i < to; i++) {
    const digit = buf[i]! - 0x30
    if (digit < 0 || digit > 9) break
    whole = whole * 10 + digit
  }
  if (i === from || i - from > PLAIN_INTEGERS) return NOT_A_NUMBER
  const begin = at + 8
  let end = begin
  let weight = -1
  if (whole >= 10_000) {
    const high = (whole / 10_000) | 0
    out[end] = high >> 8
    out[end + 1] = high
    end += 2
    weight++
  }
  if (whole > 0) {
    const low = whole % 10_000
    out[end] = low >> 8
    out[end + 1] = low
    end += 2
    weight++
  }
  // Behind the last group that is not zero.
  let significant = whole > 0 && whole % 10_000 === 0 ? end - 2 : end
  let scale = 0
  if (i < to && buf[i] === POINT) {
    const first = ++i
    for (let more = true; more; ) {
      let group = 0
      let digits = 0
      for (; digits < 4; digits++) {
        const digit = i < to ? buf[i]! - 0x30 : -1
        if (digit < 0 || digit > 9) break
        group = group * 10 + digit
        i++
      }
      more = digits === 4
      if (digits === 0) break
      for (; digits < 4; digits++) group *= 10
      if (group === 0 && end === begin) {
        weight--
        continue
      }
      out[end] = group >> 8
      out[end + 1] = group
      end += 2
      if (group !== 0) significant = end
    }
    scale = i - first
    if (scale > PLAIN_DECIMALS) return NOT_A_NUMBER
  }
  plain.stop = i
  return writeHead(out, at, (significant - begin) >> 1, weight, 0, scale)
}

/** The eight bytes before the digits, of which there are `count`; returns the size of it all. */
function writeHead(out: Uint8Array, at: number, count: number, weight: number, sign: number, scale: number): number {
  const first = count === 0 ? 0 : weight
  out[at] = count >> 8
  out[at + 1] = count
  out[at + 2] = first >> 8
  out[at + 3] = first
  out[at + 4] = count === 0 ? 0 : sign >> 8
  out[at + 5] = 0
  out[at + 6] = scale >> 8
  out[at + 7] = scale
  return 8 + 2 * count
}

function writeAny(buf: Uint8Array, from: number, to: number, out: Uint8Array, at: number): number {
  let start = from
  let sign = 0
  if (buf[start] === MINUS) {
    sign = NEGATIVE
    start++
  } else if (buf[start] === PLUS) start++
  let whole = start
  while (whole < to && isDigit(buf[whole])) whole++
  let stop = whole
  if (stop < to && buf[stop] === POINT) {
    stop++
    while (stop < to && isDigit(buf[stop])) stop++
  }
  const integers = whole - start
  const fractions = stop > whole ? stop - whole - 1 : 0
  if (integers + fractions === 0 || integers + fractions > MOST_DIGITS) return NOT_A_NUMBER
  let exponent = 0
  if (stop < to) {
    exponent = readExponent(buf, stop, to)
    if (exponent > MOST_EXPONENT) return NOT_A_NUMBER
  }
  // Digit k counts 10^(point - 1 - k); the first group of four is cut so that the groups meet the decimal point.
  const point = integers + exponent
  let weight = Math.floor((point - 1) / 4)
  let room = point - 4 * weight
  let group = 0
  let digits = 0
  let significant = 0
  for (let i = start; i < stop; i++) {
    if (i === whole) continue
    group = group * 10 + buf[i]! - 0x30
    if (--room > 0) continue
    if (group !== 0 || digits > 0) {
      out[at + 8 + 2 * digits] = group >> 8
      out[at + 9 + 2 * digits] = group
      digits++
      if (group !== 0) significant = digits
    } else weight--
    group = 0
    room = 4
  }
  if (group !== 0) {
    for (; room > 0; room--) group *= 10
    out[at + 8 + 2 * digits] = group >> 8
    out[at + 9 + 2 * digits] = group
    significant = digits + 1
  }
  return writeHead(out, at, significant, weight, sign, Math.max(0, fractions - exponent))
}

/** `e-05` to -5; beyond MOST_EXPONENT when it is not an exponent, or too far. */
function readExponent(buf: Uint8Array, at: number, to: number): number {
  const bad = MOST_EXPONENT + 1
  let i = at
  if ((buf[i]! | 0x20) !== 0x65) return bad
  i++
  const negative = buf[i] === MINUS
  if (negative || buf[i] === PLUS) i++
  if (i >= to || to - i > 4) return bad
  let value = 0
  for (; i < to; i++) {
    if (!isDigit(buf[i])) return bad
    value = value * 10 + buf[i]! - 0x30
  }
  if (value > MOST_EXPONENT) return bad
  return negative ? -value : value
}

/** The binary numeric at buf[at] as decimal text, with its scale: for previews and for explaining a refused row. */
export function readNumeric(buf: Buffer, at: number): string {
  const count = buf.readUInt16BE(at)
  const weight = buf.readInt16BE(at + 2)
  const scale = buf.readUInt16BE(at + 6)
  const digit = (position: number): string => {
    const index = weight - position
    return String(index >= 0 && index < count ? buf.readUInt16BE(at + 8 + 2 * index) : 0).padStart(4, '0')
  }
  let whole = ''
  for (let position = Math.max(weight, 0); position >= 0; position--) whole += digit(position)
  let fraction = ''
  for (let position = -1; fraction.length < scale; position--) fraction += digit(position)
  const sign = buf.readUInt16BE(at + 4) === NEGATIVE ? '-' : ''
  return `${sign}${whole.replace(/^0+(?=\d)/, '')}${scale > 0 ? `.${fraction.slice(0, scale)}` : ''}`
}
