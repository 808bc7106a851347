// The hot path's inner part: one record of CSV bytes to one row of binary COPY, checked on the way.

import type { Plan, PlannedColumn, View } from '../plan/plan.ts'
import { plainDecimal } from '../values/decorated.ts'
import { isNull, writeDecimalText, writeInteger, writeMoment, writeSize } from '../values/fields.ts'
import { writeNumeric } from '../values/numeric.ts'
import { timeReader } from '../values/time-reader.ts'
import { AMBIGUOUS_LOCAL_TIME, DAY_US, EARLIEST_US, isoTime, LOSSY_TIME, NO_SUCH_LOCAL_TIME } from '../values/times.ts'
import { BadRow } from './bad-row.ts'
import { type Batch, decodeAt, reserve } from './batch.ts'
import { violation } from './checks.ts'
import type { Owner } from './owners.ts'
import { fieldText, type Row } from './scan.ts'
import { soundness, type Written } from './soundness.ts'

/** Written out as numbers below: a bundled constant is looked up anew for every field. */
const KINDS = { decimal: 0, time: 1, int: 2, bigint: 3 } as const

/** Without blanks of any kind around it. */
const trimmed = (buf: Buffer, row: Row, field: number): Buffer => Buffer.from(fieldText(buf, row, field).trim())

export interface Converter {
  /** Appends the record as a row of `owner`'s; the batch is as it was when this throws BadRow. */
  write(batch: Batch, buf: Buffer, row: Row, owner: Owner): void
  /** Of the row written last. */
  readonly last: Written
  /** Whether all of the view's own cells are blank: a wide table's coin before its listing. */
  isBlank(buf: Buffer, row: Row): boolean
}

interface Options {
  readonly plan: Plan
  readonly view: View
  readonly now: Date
  /** Off in a benchmark that asks what the checks cost. */
  readonly checked: boolean
}

export function newConverter({ plan, view, now, checked }: Options): Converter {
  const { columns } = view
  const latest = now.getTime() * 1000 + DAY_US
  const count = columns.length
  const kinds = Uint8Array.from(columns, ({ kind }) => KINDS[kind])
  const zeroIsNull = Uint8Array.from(columns, (column) => (column.zeroIsNull ? 1 : 0))
  const fields = Int32Array.from(columns, ({ field }) => field)
  const constants = columns.map(({ constant }) => (constant === undefined ? undefined : Date.parse(constant) * 1000))
  /** Where each column's value begins in the batch; -1 for null. */
  const starts = new Int32Array(columns.length)
  const readTime = timeReader(plan.times)
  const key = columns.findIndex(({ name }) => name === 'timestamp')
  const state: Written = { moment: 0, high: 0, low: 0, close: 0 }
  const isSound = soundness(plan, columns, starts, state)

  function reject(buf: Buffer, row: Row, column: PlannedColumn, expected: string, code: string, why?: string): BadRow {
    const written = fieldText(buf, row, column.field)
    const shown = written.length > 40 ? `${written.slice(0, 40)}...` : written
    return new BadRow(written === '' ? 'it is empty' : `"${shown}" is not ${expected}`, code, column.from, why)
  }

  function badTime(buf: Buffer, row: Row, column: PlannedColumn): BadRow {
    const text = trimmed(buf, row, column.field)
    const us = readTime(text, 0, text.length)
    if (us === LOSSY_TIME)
      return reject(
        buf,
        row,
        column,
        'an exact time',
        'lossy-time',
        'scientific notation has lost digits: write epochs out in full',
      )
    if (us === NO_SUCH_LOCAL_TIME || us === AMBIGUOUS_LOCAL_TIME) {
      const why = us === NO_SUCH_LOCAL_TIME ? 'the clock skipped it' : 'the clock showed it twice'
      return reject(
        buf,
        row,
        column,
        `one moment in ${plan.times.zone}`,
        'local-time',
        `${why}: write it with its offset`,
      )
    }
    if (!(us >= 0)) return reject(buf, row, column, 'a time', 'not-a-time')
    const range = `it would be ${isoTime(us)}; only 2009-01-01 up to a day from now is plausible`
    return reject(buf, row, column, 'a plausible time', 'implausible-time', range)
  }

  /** A value as most files have it; 0 where it is none. */
  function writeStraight(c: number, buf: Buffer, from: number, to: number, out: Buffer, at: number): number {
    const kind = kinds[c]
    if (kind === 0) return writeNumeric(buf, from, to, out, at)
    if (kind !== 1) return writeInteger(buf, from, to, out, at, kind === 2 ? 4 : 8)
    const us = readTime(buf, from, to)
    // Written so that NaN and the negative codes fail.
    if (!(us >= EARLIEST_US && us <= latest)) return 0
    if (c === key) state.moment = us
    return writeMoment(us, out, at)
  }

  /** A number in a person's dress: `$39,979.12`, `2.01%`, `1.5B`, `960,017 BTC`. */
  function writeDecorated(buf: Buffer, row: Row, c: number, owner: Owner, out: Buffer, at: number): number {
    const column = columns[c]!
    const text = fieldText(buf, row, column.field).trim()
    const plain = plainDecimal(text)
    // Where the delimiter is no comma, `1,234` may be a little more than one.
    if (!plain || (plan.delimiter !== ',' && /^[+-]?\d{1,3},\d{3}$/.test(text))) return 0
    const isPrice = ['price', 'open', 'high', 'low', 'close'].includes(column.name)
    // A price in another currency must not pass for one in the market's quote.
    if (plain.unit !== undefined && isPrice && plain.unit !== owner.quote) return 0
    return writeDecimalText(plain.text, out, at)
  }

  /** A column that is no field of the file, or whose field the straight way could not read. */
  function writeOddly(buf: Buffer, row: Row, c: number, owner: Owner, out: Buffer, at: number): number {
    const field = fields[c]!
    if (field >= 0) {
      const text = trimmed(buf, row, field)
      const blank = isNull(text, 0, text.length)
      return (
        (blank ? 0 : writeStraight(c, text, 0, text.length, out, at)) || writeOther(buf, row, c, owner, out, at, blank)
      )
    }
    const constant = constants[c]
    if (constant === undefined) return -1
    if (key === c) state.moment = constant
    return writeMoment(constant, out, at)
  }

  /** What the straight way could not read: blank, dressed up, or wrong. */
  function writeOther(buf: Buffer, row: Row, c: number, owner: Owner, out: Buffer, at: number, blank: boolean): number {
    const column = columns[c]!
    const { kind } = column
    if (blank) {
      if (!column.required) return -1
      const expected = kind === 'time' ? 'a time' : 'a number'
      throw reject(buf, row, column, expected, 'not-null', `${column.name} must not be empty`)
    }
    if (kind === 'time') throw badTime(buf, row, column)
    if (kind === 'decimal') {
      const size = writeDecorated(buf, row, c, owner, out, at)
      if (size > 0) return size
      const comma = /^\s*[+-]?\d+,\d+\s*$/.test(fieldText(buf, row, column.field))
      const why = comma ? 'decimals are written with a point' : undefined
      throw reject(buf, row, column, 'a number', 'not-a-number', why)
    }
    throw reject(buf, row, column, 'a whole number', 'not-a-whole-number')
  }

  return {
    write(batch, buf, row, owner) {
      const { prefix } = owner
      reserve(batch, prefix.length + columns.length * 24 + row.to[row.fields - 1]! - row.from[0]!)
      const out = batch.bytes
      const begin = batch.length
      let at = begin
      for (let i = 0; i < prefix.length; i++) out[at + i] = prefix[i]!
      at += prefix.length
      for (let c = 0; c < count; c++) {
        const field = fields[c]!
        let size = 0
        if (field >= 0) {
          let from = row.from[field]!
          let to = row.to[field]!
          // Files written for people have a space behind each comma.
          while (from < to && buf[from] === 0x20) from++
          while (to > from && buf[to - 1] === 0x20) to--
          size = writeStraight(c, buf, from, to, out, at + 4)
        }
        if (size === 0) size = writeOddly(buf, row, c, owner, out, at + 4)
        // Eight bytes are a head without digits: zero.
        if (size === 8 && zeroIsNull[c] === 1) size = -1
        writeSize(size, out, at)
        starts[c] = size < 0 ? -1 : at + 4
        at += size < 0 ? 4 : 4 + size
      }
      if (checked && !isSound(out)) {
        const found = violation(plan.target.relation, decodeAt(out, begin, plan))
        if (found) {
          const from = columns.find(({ name }) => name === found.column)?.from ?? found.column
          throw new BadRow(found.reason, found.check, from)
        }
      }
      batch.length = at
    },
    isBlank: (buf, row) =>
      columns.every(({ name, field }) => {
        if (name === 'timestamp' || field < 0 || isNull(buf, row.from[field]!, row.to[field]!)) return true
        const text = trimmed(buf, row, field)
        return isNull(text, 0, text.length)
      }),
    last: state,
  }
}
