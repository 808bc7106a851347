// A Parquet file holds the answer: every value, every digit, every null, with its type.
import fc from 'fast-check'
import { parquetReadObjects } from 'hyparquet'
import { expect, test } from 'vitest'
import { type ColumnKind, columns, info, type Result, type Value, warn } from '../../src/core/result.ts'
import { render } from '../../src/render/render.ts'
import type { RenderOptions } from '../../src/render/view.ts'
import { readParquet } from './parquet-file.ts'
import { empty, everyKind, PIPE } from './render-sample.ts'

async function file(result: Result<object>, options: Partial<RenderOptions> = {}): Promise<Uint8Array> {
  const pieces = [...(await render(result, 'parquet', { ...PIPE, ...options }))]
  for (const piece of pieces) expect(piece).toBeInstanceOf(Uint8Array)
  return Buffer.concat(pieces as Uint8Array[])
}

/** One column `x`, as it is in the file, and what was said about it. */
async function column(kind: ColumnKind, values: readonly Value[]) {
  const told: string[] = []
  const result = { columns: columns({ x: kind }), rows: values.map((x) => ({ x })), notes: [] }
  const { types, rows } = await readParquet(await file(result, { note: (text) => told.push(text) }))
  return { type: types.x, values: rows.map((row) => row.x), told }
}

const TYPES = {
  exchange_id: 'UTF8',
  twap: 'DECIMAL(38,18)',
  coverage: 'DOUBLE',
  n_obs: 'INT64',
  carried_in: 'BOOLEAN',
  age: 'DOUBLE',
  size: 'INT64',
  from: 'TIMESTAMP_MICROS',
  trend: 'UTF8',
}

test('every kind of column has its type, and nulls stay', async () => {
  const { types, rows } = await readParquet(await file(everyKind))
  expect(types).toEqual(TYPES)
  expect(rows[0]).toEqual({
    exchange_id: 'binance',
    twap: '97123.456789012345678901',
    coverage: 0.9987,
    n_obs: 168n,
    carried_in: true,
    age: 300,
    size: 3435973836n,
    // 2025-01-01 is 20089 days after 1970.
    from: 20_089n * 86_400_000_000n,
    trend: '[1,2,3,5,2]',
  })
  expect(rows.map((row) => row.exchange_id)).toEqual(everyKind.rows.map((row) => row.exchange_id))
  expect(rows[3]).toEqual({
    exchange_id: null,
    twap: '-123456789.987650000000000000',
    coverage: 1,
    n_obs: 0n,
    carried_in: null,
    age: null,
    size: null,
    from: null,
    trend: null,
  })
})

test('a reader that knows nothing of us sees times and numbers', async () => {
  const bytes = await file(everyKind, { columns: ['twap', 'from'] })
  const [row] = await parquetReadObjects({ file: new Uint8Array(bytes).buffer })
  expect(row).toEqual({ twap: expect.closeTo(97_123.456_789, 6), from: new Date('2025-01-01T00:00:00Z') })
})

test('an answer without rows is a file with its columns', async () => {
  const { types, rows, metadata } = await readParquet(await file(empty))
  expect(rows).toEqual([])
  expect(metadata.num_rows).toBe(0n)
  expect(types).toEqual(TYPES)
})

test('a column of nulls alone', async () => {
  for (const kind of ['text', 'decimal', 'float', 'int', 'bool', 'time', 'series'] as const) {
    expect(await column(kind, [null, null])).toMatchObject({ values: [null, null], told: [] })
  }
})

test('decimals: negative, tiny, and 38 digits to the last', async () => {
  expect(await column('decimal', ['0.00000618000000000000000001', '-1.5', null, '0', '-0.0'])).toEqual({
    type: 'DECIMAL(38,26)',
    values: [
      '0.00000618000000000000000001',
      '-1.50000000000000000000000000',
      null,
      '0.00000000000000000000000000',
      '0.00000000000000000000000000',
    ],
    told: [],
  })
  const widest = ['99999999999999999999.999999999999999999', '-99999999999999999999.999999999999999999']
  expect(await column('decimal', widest)).toEqual({ type: 'DECIMAL(38,18)', values: widest, told: [] })
  // 21 digits and 18 places are one too many, but the last place says nothing.
  expect(await column('decimal', ['100000000000000000000.500000000000000000', '1.00000000000000025'])).toEqual({
    type: 'DECIMAL(38,17)',
    values: ['100000000000000000000.50000000000000000', '1.00000000000000025'],
    told: [],
  })
})

test('a decimal that no type holds is text in every row, and said', async () => {
  const forty = '1234567890123456789012345678901234567890'
  expect(await column('decimal', ['1.5', forty, null])).toEqual({
    type: 'UTF8',
    values: ['1.5', forty, null],
    told: ['column x is text in this Parquet file: it needs 41 digits, and a Parquet decimal has 38'],
  })
  // Each fits alone, at a scale that the other has no room for.
  const apart = ['123456789012345678901234567890', '0.0000000001']
  expect(await column('decimal', apart)).toMatchObject({ type: 'UTF8', values: apart, told: [/needs 40 digits/] })
  expect(await column('decimal', ['NaN'])).toMatchObject({
    type: 'UTF8',
    values: ['NaN'],
    told: ['column x is text in this Parquet file: NaN is no plain decimal'],
  })
})

test('any decimals come back to the digit', async () => {
  const digits = (most: number) => fc.stringMatching(new RegExp(`^\\d{1,${most}}$`))
  const decimal = fc
    .tuple(fc.constantFrom('', '-'), digits(20), fc.option(digits(18)))
    .map(([sign, whole, places]) => `${sign}${whole}${places === null ? '' : `.${places}`}`)
  const canonical = (text: unknown) =>
    String(text)
      .replace(/(\.\d*?)0*$/, '$1')
      .replace(/\.$/, '')
      .replace(/^(-?)0+(?=\d)/, '$1')
      .replace(/^-0$/, '0')
  await fc.assert(
    fc.asyncProperty(fc.array(fc.option(decimal), { maxLength: 20 }), async (values) => {
      const read = await column('decimal', values)
      expect(read.type).toMatch(/^DECIMAL\(38,\d+\)$/)
      expect(read.values.map(canonical)).toEqual(values.map(canonical))
    }),
  )
})

test('times keep microseconds, before 1970 too', async () => {
  const times = ['2025-01-31T12:00:00.123456Z', '1969-12-31T23:59:59.999999Z', '1970-01-01T00:00:00.5Z', null]
  expect(await column('time', times)).toEqual({
    type: 'TIMESTAMP_MICROS',
    values: [1_738_324_800_123_456n, -1n, 500_000n, null],
    told: [],
  })
  for (const odd of ['infinity', '2025-01-31T12:00:00.1234567Z', '2025-13-01T00:00:00Z']) {
    expect(await column('time', [odd])).toMatchObject({ type: 'UTF8', values: [odd], told: [expect.any(String)] })
  }
})

test('whole numbers to the ends of 64 bits; beyond is text', async () => {
  const ends = ['9223372036854775807', '-9223372036854775808', 7, null]
  expect(await column('bytes', ends)).toMatchObject({
    type: 'INT64',
    values: [9_223_372_036_854_775_807n, -9_223_372_036_854_775_808n, 7n, null],
  })
  expect(await column('int', ['9223372036854775808'])).toMatchObject({ type: 'UTF8', told: [expect.any(String)] })
  expect(await column('int', [1.5])).toMatchObject({ type: 'UTF8', values: ['1.5'], told: [expect.any(String)] })
})

test('floats keep every bit; a series keeps its nulls', async () => {
  const floats = [0.1 + 0.2, -1e-300, Number.MAX_VALUE, Number.NaN, null]
  expect(await column('float', floats)).toMatchObject({ type: 'DOUBLE', values: floats, told: [] })
  const gap = [1, null, 2.5] as unknown as readonly number[]
  expect((await column('series', [gap, []])).values).toEqual(['[1,null,2.5]', '[]'])
})

test('many rows come in pieces and in order', async () => {
  const rows = Array.from({ length: 150_000 }, (_, i) => ({
    n: i,
    price: i % 7 === 0 ? null : `${i}.${String(i % 100).padStart(2, '0')}`,
    name: `row ${i}`,
  }))
  const result = { columns: columns({ n: 'int', price: 'decimal', name: 'text' }), rows, notes: [] }
  expect([...(await render(result, 'parquet', PIPE))].length).toBeGreaterThan(2)
  const read = await readParquet(await file(result))
  const price = (text: string | null) => text && `${text}${'0'.repeat(16)}`
  expect(read.rows).toEqual(rows.map((row) => ({ ...row, n: BigInt(row.n), price: price(row.price) })))
})

test('10,000 rows are much smaller than their JSON', async () => {
  const rows = Array.from({ length: 10_000 }, (_, i) => ({
    bucket: new Date(Date.UTC(2025, 0, 1) + i * 60_000).toISOString(),
    exchange_id: 'binance',
    close: `${97_000 + (i % 500)}.${i % 10}`,
  }))
  const bytes = await file({
    columns: columns({ bucket: 'time', exchange_id: 'text', close: 'decimal' }),
    rows,
    notes: [],
  })
  const read = await readParquet(bytes)
  expect(read.rows).toHaveLength(10_000)
  expect(read.rows[9_999]).toEqual({
    bucket: BigInt(Date.UTC(2025, 0, 1) + 9_999 * 60_000) * 1000n,
    exchange_id: 'binance',
    close: '97499.900000000000000000',
  })
  expect(bytes.length).toBeLessThan(JSON.stringify(rows).length / 4)
})

test('columns are chosen and ordered; one twice is refused before anything is written', async () => {
  const { rows } = await readParquet(await file(everyKind, { columns: ['n_obs', 'exchange_id'] }))
  expect(Object.keys(rows[0]!)).toEqual(['n_obs', 'exchange_id'])
  await expect(file(everyKind, { columns: ['twap', 'n_obs', 'twap'] })).rejects.toMatchObject({
    exit: 2,
    hint: '--columns twap,n_obs',
  })
})

test('the file says who wrote it, what was said, and by which definition', async () => {
  const result: Result = {
    columns: columns({ vol: 'float', definition: 'text' }),
    rows: [
      { vol: 0.5, definition: 'volatility/1' },
      { vol: null, definition: 'volatility/1' },
    ],
    notes: [info('from a to b'), warn('thin')],
  }
  const { metadata, said } = await readParquet(await file(result, { createdBy: 'arxdb version 9', columns: ['vol'] }))
  expect(metadata.created_by).toBe('arxdb version 9')
  expect(said['arxdb.definition']).toBe('volatility/1')
  expect(JSON.parse(said['arxdb.notes']!)).toEqual([
    { level: 'info', text: 'from a to b' },
    { level: 'warn', text: 'thin' },
  ])
})
