// One field's bytes to the bytes of its column. 0 means: this is no such value; the caller finds out why.
import { POSTGRES_EPOCH_US } from '../rows/batch.ts'
import { NOT_A_NUMBER, writeNumeric } from './numeric.ts'

const NULLS = new Set(['', 'nan', 'null', '-', 'none', 'n/a'])

/** The words that stand for "not known". */
export const isNull = (buf: Buffer, from: number, to: number): boolean =>
  from === to || (to - from <= 4 && NULLS.has(buf.toString('latin1', from, to).toLowerCase()))

/** The four bytes in front of a column's value: its length, -1 for null. */
export function writeSize(size: number, out: Buffer, at: number): void {
  out[at] = size >> 24
  out[at + 1] = size >> 16
  out[at + 2] = size >> 8
  out[at + 3] = size
}

/** Microseconds since 1970 as a timestamptz. */
export function writeMoment(us: number, out: Buffer, at: number): number {
  const value = us - POSTGRES_EPOCH_US
  const high = Math.floor(value / 0x1_0000_0000)
  const low = value - high * 0x1_0000_0000
  out[at] = high >> 24
  out[at + 1] = high >> 16
  out[at + 2] = high >> 8
  out[at + 3] = high
  out[at + 4] = low >>> 24
  out[at + 5] = low >>> 16
  out[at + 6] = low >>> 8
  out[at + 7] = low
  return 8
}

/** A whole number of `width` bytes; `12.0` counts as whole. 0 when it is none or does not fit. */
export function writeInteger(buf: Buffer, from: number, to: number, out: Buffer, at: number, width: 4 | 8): number {
  let value = 0
  let i = from
  for (; i < to; i++) {
    const digit = buf[i]! - 0x30
    if (digit < 0 || digit > 9) break
    value = value * 10 + digit
  }
  const whole = i - from
  if (buf[i] === 0x2e) for (i++; i < to && buf[i] === 0x30; i++);
  if (whole === 0 || i < to || value > (width === 4 ? 0x7fff_ffff : Number.MAX_SAFE_INTEGER)) return 0
  if (width === 8) {
    out.writeUInt32BE(Math.floor(value / 0x1_0000_0000), at)
    out.writeUInt32BE(value % 0x1_0000_0000, at + 4)
  } else out.writeUInt32BE(value, at)
  return width
}

/** Decimal text that is none of a file's own bytes. */
export function writeDecimalText(text: string, out: Buffer, at: number): number {
  const bytes = Buffer.from(text, 'latin1')
  return writeNumeric(bytes, 0, bytes.length, out, at) || NOT_A_NUMBER
}
