// Looks at a file's first bytes: its delimiter, what stands before its rows, whether it has a header, its first rows.

import { REJECTS_HEADER } from '../load/rejects.ts'
import { refuse, refuseOthers } from './no-table.ts'

export interface Sniffed {
  /** Bytes to leave out at the start: the byte order mark. */
  readonly bom: number
  readonly delimiter: string
  /** Records before the header, or before the data of a file without one. */
  readonly banner: number
  /** Trimmed and in lower case; undefined when the first row is data. */
  readonly header: readonly string[] | undefined
  /** The first rows of data, as text. */
  readonly rows: readonly (readonly string[])[]
  readonly fields: number
  readonly lineEnds: 'LF' | 'CRLF' | 'mixed'
}

const DELIMITERS = [',', ';', '\t', '|']
const SAMPLE_ROWS = 400
const MOST_BANNER = 10

const NUMBER = /^[+-]?[$€£]?(\d[\d,]*\.?\d*|\.\d+)(e[+-]?\d+)?%?$/i
const TIME = /^(\d{4}-\d{2}-\d{2}|\d{8} |\d{1,2}[/.]\d{1,2}[/.]\d{2,4}|[a-z]{3,9} \d{1,2}, \d{4}|\d{1,2}:\d{2})/i
const HEX = /^0x[0-9a-f]{8,}$/i

/** Whether a cell is data from end to end: `24h_volume_usd` and `7d%` are not. */
const isValue = (cell: string): boolean => NUMBER.test(cell) || TIME.test(cell) || HEX.test(cell)

function isHeader(record: readonly string[]): boolean {
  const cells = record.map((cell) => cell.trim())
  return !cells.some(isValue) && cells.some((cell) => /\p{L}/u.test(cell))
}

interface Reading {
  readonly delimiter: string
  readonly records: readonly (readonly string[])[]
  /** The commonest number of fields, and how many records have it. */
  readonly fields: number
  readonly agree: number
}

function reading(delimiter: string, records: readonly (readonly string[])[]): Reading {
  const counts = new Map<number, number>()
  for (const { length } of records) counts.set(length, (counts.get(length) ?? 0) + 1)
  // Of equals the larger: lines of a banner are the shorter ones.
  const [fields, agree] = [...counts].reduce((a, b) => (b[1] > a[1] || (b[1] === a[1] && b[0] > a[0]) ? b : a), [0, 0])
  return { delimiter, records, fields, agree }
}

const better = (a: Reading, b: Reading): Reading => {
  const [x, y] = [a, b].map(({ fields, agree }) => (fields > 1 ? agree : 0)) as [number, number]
  return y > x || (y === x && b.fields > a.fields) ? b : a
}

/** How many leading records are none of the table. A header may have another number of fields than its rows. */
function bannerOf({ records, fields }: Reading): number {
  const start = records.findIndex((record) => record.length === fields)
  const last = records[start - 1]
  if (last === undefined || isHeader(records[start]!)) return start
  return last.length > 2 && last.length >= fields - 2 && isHeader(last) ? start - 1 : start
}

function lineEndsOf(head: Buffer): Sniffed['lineEnds'] {
  let feeds = 0
  let both = 0
  for (let at = head.indexOf(0x0a); at >= 0; at = head.indexOf(0x0a, at + 1)) {
    feeds++
    if (head[at - 1] === 0x0d) both++
  }
  return both === 0 ? 'LF' : both === feeds ? 'CRLF' : 'mixed'
}

/** Reads the shape of a file from its first bytes, cut at the last whole line unless `whole` says they are all. */
export async function sniff(file: string, head: Buffer, whole: boolean): Promise<Sniffed> {
  refuseOthers(file, head)
  const bom = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0
  const cut = whole ? head.length : head.lastIndexOf(0x0a) + 1
  const text = head.toString('utf8', bom, cut > bom ? cut : head.length)
  // Loaded here: --help and completion must not pay for it.
  const { parse } = await import('csv-parse/sync')
  const read = (delimiter: string): string[][] => {
    try {
      const options = {
        delimiter,
        to: SAMPLE_ROWS + MOST_BANNER + 1,
        relax_column_count: true,
        relax_quotes: true,
        skip_empty_lines: true,
        // The load names the line of a quote that never closes; here the rows before it count.
        skip_records_with_error: true,
      }
      return parse(text, { ...options, record_delimiter: ['\r\n', '\n'] })
    } catch {
      return []
    }
  }
  const isBlank = (record: readonly string[]): boolean => record.length === 1 && record[0]!.trim() === ''
  const best = DELIMITERS.map((d) =>
    reading(
      d,
      read(d).filter((record) => !isBlank(record)),
    ),
  ).reduce(better)
  const banner = bannerOf(best)
  const first = best.records[banner]
  if (!first) throw refuse(file, 'it is empty', 'check the file')
  if (best.fields < 2 || banner > MOST_BANNER) {
    const start = best.records[0]![0]!
    const why = 'its first line is not a row of a table'
    throw refuse(
      file,
      why,
      'the header, or the first row, has to be the first line',
      start && `it starts: ${start.slice(0, 60)}`,
    )
  }
  const header = isHeader(first) ? first.map((name) => name.trim().toLowerCase()) : undefined
  if (header?.join() === REJECTS_HEADER)
    throw refuse(file, 'it holds rows that an earlier load rejected', 'correct the original, and load that again')
  return {
    bom,
    delimiter: best.delimiter,
    banner,
    header,
    rows: best.records.slice(banner + (header ? 1 : 0)).slice(0, SAMPLE_ROWS),
    fields: header ? header.length : best.fields,
    lineEnds: lineEndsOf(head),
  }
}
