// A file with a bad row of every kind among good ones, and where each of them stands, counted while it is written.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { parse } from 'csv-parse/sync'
import { MINUTE } from './ingest-files.ts'

const HEADER =
  'note,coin_id,symbol,exchange_id,quote,timestamp,open_price,high_price,low_price,close_price,volume,trades,timeframe,source'
const COLUMNS = HEADER.split(',')
type Fields = Readonly<Record<string, string>>

/** What is put in place of good fields, and how the reject has to describe it. */
export interface BadKind {
  readonly fields: Fields
  /** Added behind the last field. */
  readonly tail?: string
  /** Fields left off at the end. */
  readonly cut?: number
  readonly column: string
  readonly code: string
  readonly reason: string
}

const time = (text: string, code: string, reason: string): BadKind => ({
  fields: { timestamp: text },
  ...{ column: 'timestamp', code, reason },
})
const number = (column: string, text: string, code: string, reason: string): BadKind => ({
  fields: { [column]: text },
  ...{ column, code, reason },
})

/** Latin-1: a byte a character, so that bytes which are no UTF-8 can be written down. */
export const KINDS: readonly BadKind[] = [
  time('', 'not-null', 'it is empty'),
  time('yesterday', 'not-a-time', '"yesterday" is not a time'),
  time('2024-02-30', 'not-a-time', '"2024-02-30" is not a time'),
  time('2024-01-01T24:00:00Z', 'not-a-time', 'is not a time'),
  time('NaN', 'not-null', '"NaN" is not a time'),
  time('1.7e12', 'lossy-time', '"1.7e12" is not an exact time'),
  time('60000', 'implausible-time', '"60000" is not a plausible time; it would be 1970-01-01T16:40:00Z'),
  time('4102444800000', 'implausible-time', 'it would be 2100-01-01T00:00:00Z'),
  time('2008-12-31', 'implausible-time', '"2008-12-31" is not a plausible time'),
  number('open_price', 'abc', 'not-a-number', '"abc" is not a number'),
  number('open_price', '', 'not-null', 'it is empty'),
  number('close_price', 'null', 'not-null', '"null" is not a number'),
  number('open_price', 'Infinity', 'not-a-number', '"Infinity" is not a number'),
  number('volume', '-Infinity', 'not-a-number', '"-Infinity" is not a number'),
  number('close_price', '"1,5"', 'not-a-number', 'decimals are written with a point'),
  number('close_price', '1.2.3', 'not-a-number', '"1.2.3" is not a number'),
  number('close_price', '£5', 'not-a-number', 'is not a number'),
  number('open_price', '1e5000', 'not-a-number', '"1e5000" is not a number'),
  number('open_price', '9'.repeat(2001), 'not-a-number', `"${'9'.repeat(40)}..." is not a number`),
  number('open_price', '0', 'candles_bounds', 'open 0 is not above zero'),
  number('close_price', '-1', 'candles_bounds', 'close -1 is not above zero'),
  number('high_price', '1e30', 'candles_bounds', 'is too large to be a price'),
  number('low_price', '1e-31', 'candles_bounds', 'is too small to be a price'),
  number('high_price', '99.5', 'candles_bounds', 'high 99.5 is below open 100'),
  number('low_price', '100.5', 'candles_bounds', 'low 100.5 is above open 100'),
  number('volume', '-0.5', 'candles_volume', 'volume -0.5 is negative'),
  number('volume', '1e40', 'candles_volume', 'is too large'),
  number('trades', '1.5', 'not-a-whole-number', '"1.5" is not a whole number'),
  number('trades', '99999999999999999999', 'not-a-whole-number', 'is not a whole number'),
  number('trades', '-1', 'not-a-whole-number', '"-1" is not a whole number'),
  { fields: {}, cut: 1, column: '', code: 'field-count', reason: 'it has 13 fields, the header 14' },
  { fields: {}, tail: ',more', column: '', code: 'field-count', reason: 'it has 15 fields, the header 14' },
  { fields: { note: '"never closed' }, column: '', code: 'bad-quotes', reason: 'does not end as it should' },
  { fields: { note: '"closed" too early' }, column: '', code: 'bad-quotes', reason: 'does not end as it should' },
  number('symbol', 'caf\xe9', 'unknown-market', 'is not UTF-8 text'),
  { fields: { symbol: 'X\0', coin_id: '' }, column: 'symbol', code: 'unknown-market', reason: 'is not UTF-8 text' },
  number('source', 'another', 'differs', `"another" differs from the first row's "me"`),
]

export interface ExpectedReject extends Pick<BadKind, 'column' | 'code' | 'reason'> {
  readonly line: number
  readonly offset: number
  /** Latin-1. */
  readonly row: string
}

export interface BadFile {
  readonly bytes: Buffer
  readonly rejects: readonly ExpectedReject[]
  readonly good: number
  /** Of the first `rows` good rows, as `CHECKSUM` computes it of a market. */
  checksum(rows?: number): string
}

const FIRST = Date.UTC(2023, 0, 1)

/** `rows` records, every 5000th of them bad; some have line ends within quotes, some end with CRLF, some are blank. */
export function badFile(rows: number): BadFile {
  const parts: string[] = [`${HEADER}\n`]
  const rejects: ExpectedReject[] = []
  const good: string[] = []
  let line = 2
  let offset = HEADER.length + 1
  for (let i = 0; i < rows; i++) {
    // From the second thousand on: the head alone is looked at for zero bytes, and refuses the file.
    const kind = i % 5000 === 1234 ? KINDS[(i - 1234) / 5000] : undefined
    const fields: Record<string, string> = {
      ...{
        note: i % 900 === 7 ? '"two\nlines, ""so"""' : '',
        coin_id: 'bitcoin',
        symbol: 'BTC',
        exchange_id: 'everykind',
      },
      ...{ quote: 'USD', timestamp: String(FIRST + i * MINUTE), open_price: '100', high_price: `102.${i % 7}` },
      ...{
        low_price: '99.25',
        close_price: `101.0${i % 90}`,
        volume: `${i % 13}.5`,
        trades: String(i),
        timeframe: '1m',
      },
      ...{ source: 'me', ...kind?.fields },
    }
    if (!kind)
      good.push(
        `${FIRST / 1000 + i * 60} 100 ${fields.high_price} 99.25 ${fields.close_price} ${fields.volume} ${fields.trades}`,
      )
    const record =
      COLUMNS.slice(0, COLUMNS.length - (kind?.cut ?? 0))
        .map((name) => fields[name])
        .join(',') + (kind?.tail ?? '')
    if (kind) {
      const { column, code, reason } = kind
      rejects.push({ line, offset, column, code, reason, row: record })
    }
    const text = `${record}${i % 11 === 0 ? '\r\n' : '\n'}${i % 4000 === 9 ? '\n' : ''}`
    parts.push(text)
    offset += text.length
    for (const char of text.match(/\n/g) ?? []) line += char.length
  }
  return {
    bytes: Buffer.from(parts.join(''), 'latin1'),
    ...{ rejects, good: good.length },
    checksum: (count = good.length) => createHash('md5').update(good.slice(0, count).join('\n')).digest('hex'),
  }
}

/** Of all rows of one exchange, every value in it; $1 is the exchange. */
export const CHECKSUM = `
  select count(*)::int as n, md5(string_agg(concat_ws(' ', extract(epoch from timestamp)::bigint, open, high, low, close,
           volume, trades), e'\\n' order by timestamp)) as sum
    from arxdb.candles join arxdb.markets using (market_id) where exchange_id = $1`

/** A rejects file as csv-parse reads it: its rows' bytes as Latin-1. */
export function readRejects(path: string): readonly ExpectedReject[] {
  const [header, ...records] = parse(readFileSync(path).toString('latin1'), { record_delimiter: '\n' }) as string[][]
  if (header!.join() !== 'line,byte_offset,column,code,reason,row') throw new Error(`${path} begins with ${header}`)
  return records.map(([line, offset, column, code, reason, row]) => ({
    ...{ line: Number(line), offset: Number(offset), column: column!, code: code!, reason: reason!, row: row! },
  }))
}
