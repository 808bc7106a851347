// The hot path: rows of CSV bytes to rows of binary COPY, checked on the way. No object or string is made for a row.
import { BATCH_BYTES, type Batch, newBatch, POSTGRES_EPOCH_US, reserve } from './batch.ts'
import { writeNumeric } from './numeric.ts'
import { type Key, newOwners, type Owner } from './owners.ts'
import type { Plan, PlannedColumn } from './plan.ts'
import { BAD_QUOTES, fieldText, INCOMPLETE, isBlank, newRow, scanRow } from './scan.ts'
import { DAY_US, EARLIEST_US, isoTime, LOSSY_TIME, readTime } from './times.ts'

/** A row that cannot be loaded, as the client found it. */
export class BadRow extends Error {
  readonly line: number
  readonly column: string | undefined
  readonly reason: string | undefined
  constructor(line: number, message: string, column?: string, reason?: string) {
    super(message)
    this.line = line
    this.column = column
    this.reason = reason
  }
}

export interface Rewriter {
  /**
   * Takes content bytes; the batches that got full come out of `onBatch`. A market not seen before is asked of
   * `resolve` meanwhile. Throws BadRow.
   */
  push(chunk: Buffer): Promise<void>
  /** No bytes follow. */
  end(): Promise<void>
  readonly rows: number
}

export interface RewriterOptions {
  readonly plan: Plan
  readonly now: Date
  /** The owner of rows with this key, or why there can be none. */
  resolve(key: Key): Promise<Owner | string>
  onBatch(batch: Batch): Promise<void>
  /** Bytes at which the batch now filling is full; asked once a chunk. */
  size?(): number
}

const SPACE = 0x20

/** A row this long is a quote that was never closed. */
const LONGEST_ROW = 16 * 1024 * 1024

export function newRewriter({ plan, now, resolve, onBatch, size = () => BATCH_BYTES }: RewriterOptions): Rewriter {
  const row = newRow()
  const owners = newOwners(plan.identity)
  const delimiter = plan.delimiter.charCodeAt(0)
  const latest = now.getTime() * 1000 + DAY_US
  const kinds = plan.columns.map((column) => column.kind)
  const needed = plan.columns.map((column) => column.required === true)
  const fields = Int32Array.from(plan.columns, (column) => column.field)
  let rest: Buffer = Buffer.alloc(0)
  let base = 0
  let line = 1
  let total = 0
  let skip = plan.hasHeader ? 1 : 0
  let toSkip = plan.bom
  let expectedLine = 0
  /** The time of the row written last. */
  let moment = 0
  let batch = newBatch(0)

  const bad = (buf: Buffer, column: PlannedColumn, expected: string, reason?: string): BadRow => {
    const written = fieldText(buf, row, column.field)
    const shown = written.length > 40 ? `${written.slice(0, 40)}...` : written
    return new BadRow(line, `${written === '' ? 'it is empty' : `"${shown}" is not ${expected}`}`, column.from, reason)
  }

  /** Writes the row scanned last, which is `owner`'s; throws BadRow. */
  function write(buf: Buffer, owner: Owner): void {
    const { prefix } = owner
    reserve(batch, prefix.length + plan.columns.length * 24 + row.to[row.fields - 1]! - row.from[0]!)
    const out = batch.bytes
    let at = batch.length
    for (let i = 0; i < prefix.length; i++) out[at + i] = prefix[i]!
    at += prefix.length
    for (let c = 0; c < fields.length; c++) {
      const field = fields[c]!
      let from = row.from[field]!
      let to = row.to[field]!
      // Files written for people have a space behind each comma.
      while (from < to && buf[from] === SPACE) from++
      while (to > from && buf[to - 1] === SPACE) to--
      const kind = kinds[c]
      let size: number
      if (kind === 'time') size = writeTime(buf, from, to, out, at + 4)
      else if (kind === 'decimal') size = writeNumeric(buf, from, to, out, at + 4)
      else size = writeInteger(buf, from, to, out, at + 4, kind === 'int' ? 4 : 8)
      if (size === 0) {
        const column = plan.columns[c]!
        if (kind === 'time') throw badTime(buf, column)
        if (!isNull(buf, from, to)) throw bad(buf, column, kind === 'decimal' ? 'a number' : 'a whole number')
        if (needed[c]) throw bad(buf, column, 'a number', `${column.name} must not be empty`)
        size = -1
      }
      out[at] = size >> 24
      out[at + 1] = size >> 16
      out[at + 2] = size >> 8
      out[at + 3] = size
      at += size < 0 ? 4 : 4 + size
    }
    batch.length = at
    const us = moment
    const span = batch.spans.get(owner.id)
    if (!span) batch.spans.set(owner.id, { min: us, max: us })
    else if (us < span.min) span.min = us
    else if (us > span.max) span.max = us
  }

  function writeTime(buf: Buffer, from: number, to: number, out: Buffer, at: number): number {
    const us = readTime(buf, from, to)
    // Written so that NaN and the negative codes fail.
    if (!(us >= EARLIEST_US && us <= latest)) return 0
    moment = us
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

  function badTime(buf: Buffer, column: PlannedColumn): BadRow {
    const text = Buffer.from(fieldText(buf, row, column.field).trim())
    const us = readTime(text, 0, text.length)
    if (us === LOSSY_TIME)
      return bad(buf, column, 'an exact time', 'scientific notation has lost digits: write epochs out in full')
    if (!(us >= 0)) return bad(buf, column, 'a time')
    const range = `it would be ${isoTime(us)}; only 2009-01-01 up to a day from now is plausible`
    return bad(buf, column, 'a plausible time', range)
  }

  /** Rows may not differ in what an import has one of. */
  function checkSame(buf: Buffer): void {
    for (const { name, field, value } of plan.same) {
      if (fieldText(buf, row, field) === value) continue
      const found = fieldText(buf, row, field)
      throw new BadRow(
        line,
        `"${found}" differs from the first row's "${value}"`,
        name,
        `give one for all with --${name}`,
      )
    }
  }

  async function run(buf: Buffer, last: boolean): Promise<void> {
    const limit = size()
    let pos = toSkip
    toSkip = 0
    const end = buf.length
    while (pos < end) {
      const next = scanRow(buf, pos, end, last, delimiter, row)
      if (next === INCOMPLETE) break
      if (next === BAD_QUOTES) throw new BadRow(line, 'a quoted field does not end as it should', undefined, undefined)
      const blank = isBlank(buf, row)
      if (skip > 0 && !blank) skip--
      else if (!blank) {
        if (row.fields !== plan.fields)
          throw new BadRow(
            line,
            `it has ${row.fields} ${row.fields === 1 ? 'field' : 'fields'}, the ${plan.hasHeader ? 'header' : 'first row'} ${plan.fields}`,
          )
        if (plan.same.length > 0) checkSame(buf)
        let owner = owners.of(buf, row)
        if (!owner) {
          const key = owners.wanted(buf, row)
          const hole = plan.identity.fields.find((f) => key[f.part === 'pair' ? 'symbol' : f.part] === undefined)
          if (hole) {
            const written = fieldText(buf, row, hole.field)
            throw new BadRow(line, `"${written}" is not a ${hole.part.replace('_id', '')}`, hole.part)
          }
          for (const { part, field } of plan.identity.fields) {
            const written = fieldText(buf, row, field)
            if (isText(written)) continue
            throw new BadRow(
              line,
              `"${written}" is not UTF-8 text`,
              part,
              'iconv -f LATIN1 -t UTF-8 converts most such files',
            )
          }
          const found = await resolve(key)
          if (typeof found === 'string') throw new BadRow(line, found)
          owner = found
          owners.add(buf, row, owner)
        }
        write(buf, owner)
        batch.rows++
        total++
        // A break in "one row, one line": blank lines, quoted line ends, or simply the first row.
        if (batch.rows === 1 || line !== expectedLine) batch.lines.push(batch.rows, line)
        expectedLine = line + 1
      }
      line += row.lines
      pos = next
      batch.byteTo = base + pos
      if (batch.length >= limit) {
        const full = batch
        batch = newBatch(base + pos)
        await onBatch(full)
      }
    }
    base += pos
    rest = buf.subarray(pos)
    if (rest.length > LONGEST_ROW) throw new BadRow(line, 'a quoted field never ends')
  }

  return {
    push: (chunk) => run(rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk, false),
    async end() {
      await run(rest, true)
      if (batch.rows > 0) await onBatch(batch)
    },
    get rows() {
      return total
    },
  }
}

/** A name stored with bytes lost would be another coin's, or nobody's. */
const isText = (written: string): boolean => !/[\0\ufffd]/.test(written)

const NULLS = new Set(['', 'nan', 'null', '-', 'none', 'n/a'])

const isNull = (buf: Buffer, from: number, to: number): boolean =>
  from === to || (to - from <= 4 && NULLS.has(buf.toString('latin1', from, to).toLowerCase()))

/** A whole number of `width` bytes; `12.0` counts as whole. 0 when it is none or does not fit. */
function writeInteger(buf: Buffer, from: number, to: number, out: Buffer, at: number, width: 4 | 8): number {
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
