import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BAD_QUOTES, fieldText, INCOMPLETE, isBlank, newRow, scanRow } from '../../src/ingest/rows/scan.ts'

/** Rows as the loader sees them when the bytes arrive in pieces cut at `cuts`, with the line each row starts on. */
function read(bytes: Buffer, cuts: readonly number[], delimiter = ','): { line: number; fields: string[] }[] {
  const rows: { line: number; fields: string[] }[] = []
  const row = newRow()
  const ends = [...new Set([...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b)
  let rest = Buffer.alloc(0)
  let from = 0
  let line = 1
  for (const end of ends) {
    const buf = Buffer.concat([rest, bytes.subarray(from, end)])
    from = end
    let pos = 0
    while (pos < buf.length) {
      const next = scanRow(buf, pos, buf.length, end === bytes.length, delimiter.charCodeAt(0), row)
      if (next === INCOMPLETE) break
      if (next === BAD_QUOTES) throw new Error(`line ${line}: bad quotes`)
      if (!isBlank(buf, row))
        rows.push({ line, fields: Array.from({ length: row.fields }, (_, i) => fieldText(buf, row, i)) })
      line += row.lines
      pos = next
    }
    rest = Buffer.from(buf.subarray(pos))
  }
  expect(rest.length).toBe(0)
  return rows
}

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`
const special = fc.constantFrom('"', ',', '\n', '\r\n', ';', ' ', 'é', '🪙', '1.5', '-', 'x')
const field = fc
  .tuple(fc.array(fc.oneof(special, fc.string({ maxLength: 4 })), { maxLength: 5 }), fc.boolean())
  .map(([parts, force]) => {
    const text = parts.join('').replaceAll('\0', '')
    return { text, written: force || /[",\r\n]/.test(text) ? quoted(text) : text }
  })
const table = fc.record({
  rows: fc.array(fc.array(field, { minLength: 2, maxLength: 6 }), { minLength: 1, maxLength: 8 }),
  newline: fc.constantFrom('\n', '\r\n'),
  final: fc.boolean(),
  cuts: fc.array(fc.nat(400), { maxLength: 12 }),
})

test('any table, cut anywhere, reads as csv-parse reads it', () => {
  fc.assert(
    fc.property(table, ({ rows, newline, final, cuts }) => {
      const text = rows.map((fields) => fields.map((f) => f.written).join(',')).join(newline) + (final ? newline : '')
      const options = { relax_column_count: true, skip_empty_lines: true, record_delimiter: ['\r\n', '\n'] }
      const expected = parse(text, options) as string[][]
      expect(read(Buffer.from(text), cuts).map((row) => row.fields)).toEqual(expected)
      expect(expected).toEqual(rows.map((fields) => fields.map((f) => f.text)))
    }),
    { numRuns: 1000 },
  )
})

test('lines are physical ones: quoted line ends and blank lines count', () => {
  const rows = read(Buffer.from('a,b\n"1\n\n2",c\r\n\n\r\nd,"e\r\nf"\ng,h'), [])
  expect(rows.map((row) => row.line)).toEqual([1, 2, 7, 9])
})

test('a quote inside a bare field is text, one that never closes is not', () => {
  expect(read(Buffer.from('5" disk,b\n'), [])[0]?.fields).toEqual(['5" disk', 'b'])
  expect(() => read(Buffer.from('a,"b\nc,d\n'), [])).toThrow('line 1: bad quotes')
  expect(() => read(Buffer.from('x,y\na,"b"c\n'), [])).toThrow('line 2: bad quotes')
})
