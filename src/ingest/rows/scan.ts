// Finds rows and fields in CSV bytes: RFC 4180 quoting, LF or CRLF. Offsets only; no field becomes a string here.

const QUOTE = 0x22
const LF = 0x0a
const CR = 0x0d

/** Rows with more fields than their file's are counted, and the rest of them not told apart. */
const FEWEST_PLACES = 512

/** One row's fields as offsets into the scanned buffer; reused from row to row. */
export interface Row {
  readonly from: Int32Array
  readonly to: Int32Array
  /** 0 bare, 1 quoted, 2 quoted with doubled quotes inside. */
  readonly quoted: Uint8Array
  fields: number
  /** Physical lines the row takes, its own line end included. */
  lines: number
}

/** With a place for each field of a file that has so many. */
export function newRow(fields = 0): Row {
  const places = Math.max(fields, FEWEST_PLACES)
  return {
    ...{ from: new Int32Array(places), to: new Int32Array(places), quoted: new Uint8Array(places) },
    fields: 0,
    lines: 0,
  }
}

/** The buffer ends inside the row: come back with more bytes. */
export const INCOMPLETE = -1
/** A quoted field that never ends, or goes on behind its closing quote. */
export const BAD_QUOTES = -2

/**
 * Reads the row at `pos` and returns where the next one starts, or INCOMPLETE or BAD_QUOTES.
 * `last` says that nothing follows `end`. A quote inside a bare field is a character like any other.
 */
export function scanRow(buf: Uint8Array, pos: number, end: number, last: boolean, delimiter: number, row: Row): number {
  const { from, to, quoted } = row
  const places = from.length
  let n = 0
  let i = pos
  row.lines = 1
  for (;;) {
    const slot = n < places ? n : places - 1
    n++
    if (i < end && buf[i] === QUOTE) {
      let j = i + 1
      let doubled = 1
      for (;;) {
        while (j < end && buf[j] !== QUOTE) {
          if (buf[j] === LF) row.lines++
          j++
        }
        if (j >= end) return last ? BAD_QUOTES : INCOMPLETE
        // The byte behind decides between the closing quote and a doubled one.
        if (j + 1 >= end && !last) return INCOMPLETE
        if (j + 1 < end && buf[j + 1] === QUOTE) {
          doubled = 2
          j += 2
        } else break
      }
      from[slot] = i + 1
      to[slot] = j
      quoted[slot] = doubled
      i = j + 1
      if (i < end && buf[i] === CR && (i + 1 < end ? buf[i + 1] === LF : last)) i++
      else if (i + 1 === end && buf[i] === CR) return INCOMPLETE
      if (i < end && buf[i] === delimiter) {
        i++
        continue
      }
      if (i < end && buf[i] !== LF) return BAD_QUOTES
    } else {
      let j = i
      while (j < end) {
        const byte = buf[j]!
        if (byte === delimiter || byte === LF) break
        j++
      }
      if (j >= end && !last) return INCOMPLETE
      from[slot] = i
      to[slot] = j
      quoted[slot] = 0
      i = j
      if (j < end && buf[j] === delimiter) {
        i++
        continue
      }
      if (j > from[slot]! && buf[j - 1] === CR) to[slot] = j - 1
    }
    row.fields = n
    return i < end ? i + 1 : end
  }
}

/** A line without anything on it but blanks. */
export function isBlank(buf: Uint8Array, row: Row): boolean {
  if (row.fields !== 1 || row.quoted[0] !== 0) return false
  for (let i = row.from[0]!; i < row.to[0]!; i++) if (buf[i] !== 0x20 && buf[i] !== 0x09) return false
  return true
}

/** A field's text, doubled quotes made single. */
export function fieldText(buf: Buffer, row: Row, index: number): string {
  const text = buf.toString('utf8', row.from[index]!, row.to[index]!)
  return row.quoted[index] === 2 ? text.replaceAll('""', '"') : text
}

/** Where the next physical line begins, or INCOMPLETE. */
export function lineAfter(buf: Buffer, pos: number, end: number): number {
  const feed = buf.indexOf(LF, pos)
  return feed < 0 || feed >= end ? INCOMPLETE : feed + 1
}

/** A copy of a record's bytes without its line end: the chunk it lies in should not be kept for its sake. */
export function withoutEnd(buf: Buffer, start: number, stop: number): Buffer {
  let end = stop
  if (end > start && buf[end - 1] === LF) end--
  if (end > start && buf[end - 1] === CR) end--
  return Buffer.from(buf.subarray(start, end))
}
