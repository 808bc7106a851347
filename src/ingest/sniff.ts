// Looks at a file's first bytes: what it is not, its delimiter, whether it has a header, its first rows.
import { ArxError } from '../errors.ts'

export interface Sniffed {
  /** Bytes to leave out at the start: the byte order mark. */
  readonly bom: number
  readonly delimiter: string
  /** Trimmed and in lower case; undefined when the first row is data. */
  readonly header: readonly string[] | undefined
  /** The first rows of data, as text. */
  readonly rows: readonly (readonly string[])[]
  readonly fields: number
}

const DELIMITERS = [',', ';', '\t', '|']
const SAMPLE_ROWS = 20

const refuse = (file: string, why: string, hint: string, detail?: string): ArxError =>
  new ArxError({ code: 'not-a-csv', message: `${file} cannot be loaded: ${why}`, detail, hint })

const MAGIC: readonly (readonly [bytes: readonly number[], why: string, hint: string])[] = [
  [
    [0x00, 0x05, 0x16, 0x07],
    'it is an AppleDouble file, the leftovers of a macOS copy',
    'leave out names that start with ._',
  ],
  [[0x50, 0x4b, 0x03, 0x04], 'it is a zip archive', 'unzip -p FILE.zip | arxdb ingest -'],
  [[0x50, 0x41, 0x52, 0x31], 'it is a parquet file', 'convert it to CSV first'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'it is compressed by zstd', 'zstd -dc FILE | arxdb ingest -'],
  [[0x42, 0x5a, 0x68], 'it is compressed by bzip2', 'bzip2 -dc FILE | arxdb ingest -'],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], 'it is compressed by xz', 'xz -dc FILE | arxdb ingest -'],
  [[0xff, 0xfe], 'it is UTF-16', 'iconv -f UTF-16 -t UTF-8 FILE | arxdb ingest -'],
  [[0xfe, 0xff], 'it is UTF-16', 'iconv -f UTF-16 -t UTF-8 FILE | arxdb ingest -'],
]

/** Refuses what is known not to be a table, before a row of it is read as one. `head` is decompressed. */
function refuseOthers(file: string, head: Buffer): void {
  const found = MAGIC.find(([bytes]) => bytes.every((byte, index) => head[index] === byte))
  if (found) throw refuse(file, found[1], found[2])
  const start = head.toString('latin1', 0, 200).trimStart()
  if (start.startsWith('version https://git-lfs')) throw refuse(file, 'it is a Git LFS pointer', 'git lfs pull')
  if (/^<(!doctype|html|\?xml)/i.test(start)) throw refuse(file, 'it is a web page', 'download the file itself')
  if (/^[[{]/.test(start)) throw refuse(file, 'it is JSON', 'convert it to CSV first')
  if (head.includes(0x0d) && !head.includes(0x0a))
    throw refuse(file, 'its lines end with CR alone', "tr '\\r' '\\n' < FILE | arxdb ingest -")
  if (head.includes(0)) throw refuse(file, 'it holds zero bytes, so it is not text', 'check the file')
}

const isNumber = (text: string): boolean => /^[+-]?\d/.test(text)

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
        to: SAMPLE_ROWS,
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
  const best = DELIMITERS.map((delimiter) => ({ delimiter, rows: read(delimiter) })).reduce((a, b) =>
    (b.rows[0]?.length ?? 0) > (a.rows[0]?.length ?? 0) ? b : a,
  )
  const first = best.rows[0]
  if (!first) throw refuse(file, 'it is empty', 'check the file')
  if (first.length < 2)
    throw refuse(
      file,
      'its first line is not a row of a table',
      'the header, or the first row, has to be the first line',
      first[0]!.trim() === '' ? undefined : `it starts: ${first[0]!.slice(0, 60)}`,
    )
  const hasHeader = !first.some((field) => isNumber(field.trim())) && first.some((field) => /[a-z]/i.test(field))
  return {
    bom,
    delimiter: best.delimiter,
    header: hasHeader ? first.map((name) => name.trim().toLowerCase()) : undefined,
    rows: hasHeader ? best.rows.slice(1) : best.rows,
    fields: first.length,
  }
}
