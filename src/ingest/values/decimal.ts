// Exact sums and products of decimal text, for what is added up before it is sent.

export interface Decimal {
  readonly digits: bigint
  /** Places behind the point. */
  readonly scale: number
}

export const ZERO: Decimal = { digits: 0n, scale: 0 }

/** `1.932e-05`, `-3`, `+0.50`; undefined when the text is no decimal number. */
export function parseDecimal(text: string): Decimal | undefined {
  const found = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/.exec(text)
  if (!found) return undefined
  const [, sign, whole = '', fraction = '', exponent = '0'] = found
  if (whole === '' && fraction === '') return undefined
  const digits = BigInt(`${whole}${fraction}`) * (sign === '-' ? -1n : 1n)
  const scale = fraction.length - Number(exponent)
  return scale >= 0 ? { digits, scale } : { digits: digits * 10n ** BigInt(-scale), scale: 0 }
}

const scaled = ({ digits, scale }: Decimal, to: number): bigint => digits * 10n ** BigInt(to - scale)

export function add(a: Decimal, b: Decimal): Decimal {
  if (a.scale === b.scale) return { digits: a.digits + b.digits, scale: a.scale }
  const scale = Math.max(a.scale, b.scale)
  return { digits: scaled(a, scale) + scaled(b, scale), scale }
}

export const multiply = (a: Decimal, b: Decimal): Decimal => ({ digits: a.digits * b.digits, scale: a.scale + b.scale })

export function isLess(a: Decimal, b: Decimal): boolean {
  if (a.scale === b.scale) return a.digits < b.digits
  const scale = Math.max(a.scale, b.scale)
  return scaled(a, scale) < scaled(b, scale)
}

/** With its scale as it came to be: 1.50 stays 1.50. */
export function decimalText({ digits, scale }: Decimal): string {
  const plain = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, '0')
  const point = plain.length - scale
  const text = scale === 0 ? plain : `${plain.slice(0, point)}.${plain.slice(point)}`
  return digits < 0n ? `-${text}` : text
}
