// Laws that hold for every answer, tried on generated ones.
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Column, columns, type Result } from '../../src/core/result.ts'
import { shortDecimal } from '../../src/render/decimal.ts'
import { displayWidth } from '../../src/render/text.ts'
import { PIPE, rendered, TTY } from './render-sample.ts'

// Plain strings, whole Unicode, and what breaks formats and terminals.
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme' }),
  fc.string({
    unit: fc.constantFrom(
      '\x1b',
      '\x9b',
      '[31m',
      '"',
      ',',
      '\t',
      '\n',
      '\r',
      '\\',
      '|',
      '東',
      '🚀',
      '\u202e',
      'a',
      ' ',
    ),
  }),
)
const digits = (most: number) => fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: most })
const decimal = fc
  .tuple(fc.boolean(), digits(25), fc.option(digits(25)))
  .map(([minus, left, right]) => `${minus ? '-' : ''}${left}${right === null ? '' : `.${right}`}`)

const COLUMNS = columns({ name: 'text', price: 'decimal', share: 'ratio', ok: 'bool', age: 'duration', note: 'text' })
const row = fc.record({
  name: fc.option(text),
  price: fc.option(decimal),
  share: fc.double(),
  ok: fc.option(fc.boolean()),
  age: fc.option(fc.double({ min: -1e9, max: 1e9, noNaN: true })),
  note: text,
})
const answer = fc.array(row, { maxLength: 8 }).map((rows): Result<object> => ({ columns: COLUMNS, rows, notes: [] }))

const cell = (row: object, { name }: Column): unknown => (row as Readonly<Record<string, unknown>>)[name]
const asText = (value: unknown) => (value === null ? '' : String(value))
const table = ({ rows }: Result<object>) => rows.map((each) => COLUMNS.map((column) => asText(cell(each, column))))

describe('reading back', () => {
  test('CSV by csv-parse gives every value', async () => {
    await fc.assert(
      fc.asyncProperty(answer, async (result) => {
        const csv = await rendered(result, 'csv', PIPE)
        // The record delimiter is told, or the reader would guess it from a value.
        expect(parse(csv, { record_delimiter: '\n' })).toEqual([COLUMNS.map(({ name }) => name), ...table(result)])
      }),
    )
  })

  test('TSV has one line a row, and unescaping gives every value', async () => {
    const marks: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', '\\': '\\' }
    const unescaped = (field: string) => field.replace(/\\(.)/g, (_, mark: string) => marks[mark]!)
    await fc.assert(
      fc.asyncProperty(answer, async (result) => {
        const lines = (await rendered(result, 'tsv', { ...PIPE, header: false })).split('\n').slice(0, -1)
        expect(lines.map((line) => line.split('\t').map(unescaped))).toEqual(table(result))
      }),
    )
  })

  test('JSON and NDJSON give every value, one row a line', async () => {
    await fc.assert(
      fc.asyncProperty(answer, async (result) => {
        const expected = JSON.parse(JSON.stringify(result.rows)) as unknown[]
        const json = await rendered(result, 'json', PIPE)
        expect(JSON.parse(json)).toEqual(expected)
        expect(json.trimEnd().split('\n')).toHaveLength(expected.length === 0 ? 1 : expected.length + 2)
        const lines = (await rendered(result, 'ndjson', PIPE)).split('\n').slice(0, -1)
        expect(lines.map((line): unknown => JSON.parse(line))).toEqual(expected)
      }),
    )
  })

  test('Markdown has as many unescaped bars in every row', async () => {
    await fc.assert(
      fc.asyncProperty(answer, async (result) => {
        const lines = (await rendered(result, 'markdown', PIPE)).split('\n').slice(0, -1)
        expect(lines).toHaveLength(result.rows.length + 2)
        for (const line of lines) expect(line.replace(/\\./gu, '').match(/\|/g)).toHaveLength(COLUMNS.length + 1)
      }),
    )
  })
})

describe('on a terminal', () => {
  const everywhere = ['table', 'vertical', 'csv', 'tsv', 'json', 'ndjson', 'markdown'] as const

  test('no value gets a control character through, in any format', async () => {
    await fc.assert(
      fc.asyncProperty(answer, fc.constantFrom(...everywhere), async (result, format) => {
        const written = await rendered(result, format, TTY)
        expect(
          written.replaceAll('\n', '').replace(/[\t\r]/g, format === 'tsv' || format === 'csv' ? '' : '$&'),
        ).not.toMatch(/[\p{Cc}\u202a-\u202e]/u)
      }),
      { numRuns: 300 },
    )
  })

  test('no line of a table is wider than the terminal, and all say every row', async () => {
    await fc.assert(
      fc.asyncProperty(answer, fc.integer({ min: 16, max: 200 }), fc.boolean(), async (result, width, ascii) => {
        const written = await rendered(result, 'table', { ...TTY, width, ascii })
        const lines = written.split('\n').slice(0, -1)
        for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(width)
        expect(lines.length).toBeGreaterThanOrEqual(result.rows.length)
      }),
      { numRuns: 300 },
    )
  })
})

test('a shortened decimal is within half a unit of its last place, and nothing only when it was nothing', () => {
  fc.assert(
    fc.property(decimal, (exact) => {
      const short = shortDecimal(exact)
      const places = Math.max(exact.split('.')[1]?.length ?? 0, 30)
      const scaled = (value: string) => {
        const [left = '0', right = ''] = value.replace('-', '').split('.')
        return BigInt(left + right.padEnd(places, '0')) * (value.startsWith('-') ? -1n : 1n)
      }
      const kept = Math.max(short.split('.')[1]?.length ?? 0, 2)
      const off = scaled(exact) - scaled(short)
      expect((off < 0n ? -off : off) * 2n).toBeLessThanOrEqual(10n ** BigInt(places - kept))
      expect(scaled(short) === 0n).toBe(scaled(exact) === 0n)
    }),
    { numRuns: 1000 },
  )
})
