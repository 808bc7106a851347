// Comparing PostgreSQL's binary numerics where they lie, without making text or numbers of them.
//
// The wire form: int16 count of digits, weight, sign, scale; then digits in base 10000, the first one times 10000^weight.

/** Above zero, and between 1e-28 and 1e28: nothing that a check of the schema could refuse as a price. */
export function isOrdinary(out: Uint8Array, at: number): boolean {
  if (out[at + 4] !== 0 || (out[at]! | out[at + 1]!) === 0) return false
  const weight = ((out[at + 2]! << 24) >> 16) | out[at + 3]!
  return weight <= 6 && weight >= -7
}

/** Between -1e28 and 1e28. */
export const isBounded = (out: Uint8Array, at: number): boolean => (((out[at + 2]! << 24) >> 16) | out[at + 3]!) <= 6

/** Not negative, and below 1e28. */
export const isAmount = (out: Uint8Array, at: number): boolean => out[at + 4] === 0 && isBounded(out, at)

/** Whether a < b, of two numbers above zero. */
export function isLess(out: Uint8Array, a: number, b: number): boolean {
  const weightA = ((out[a + 2]! << 24) >> 16) | out[a + 3]!
  const weightB = ((out[b + 2]! << 24) >> 16) | out[b + 3]!
  if (weightA !== weightB) return weightA < weightB
  const countA = (out[a]! << 8) | out[a + 1]!
  const countB = (out[b]! << 8) | out[b + 1]!
  const common = 2 * Math.min(countA, countB)
  for (let i = 8; i < 8 + common; i++) {
    const difference = out[a + i]! - out[b + i]!
    if (difference !== 0) return difference < 0
  }
  return countA < countB
}

const POWERS = Float64Array.from({ length: 64 }, (_, i) => 10_000 ** (i - 32))

/** About the number's size, to tell what is far off: never stored, never shown. */
export function roughly(out: Uint8Array, at: number): number {
  const count = (out[at]! << 8) | out[at + 1]!
  if (count === 0) return 0
  const weight = ((out[at + 2]! << 24) >> 16) | out[at + 3]!
  return leading(out, at, count) * (POWERS[weight + 30] ?? 0)
}

/** The first three digits to the base 10000, as one whole number. */
function leading(out: Uint8Array, at: number, count: number): number {
  let value = ((out[at + 8]! << 8) | out[at + 9]!) * 100_000_000
  if (count > 1) value += ((out[at + 10]! << 8) | out[at + 11]!) * 10_000
  if (count > 2) value += (out[at + 12]! << 8) | out[at + 13]!
  return value
}

/**
 * An ordinary price of no more than three such digits, as most are, else NaN. Two of these compare as the numbers do:
 * below 10^12 whole numbers lie farther apart than multiplying by one power of ten can round.
 */
export function plainPrice(out: Uint8Array, at: number): number {
  const count = out[at + 1]!
  const weight = ((out[at + 2]! << 24) >> 16) | out[at + 3]!
  if (out[at] !== 0 || count > 3 || count === 0 || out[at + 4] !== 0 || weight > 6 || weight < -7) return Number.NaN
  return leading(out, at, count) * POWERS[weight + 30]!
}
