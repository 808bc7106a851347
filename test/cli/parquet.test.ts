// -o parquet: to a file, through a pipe, and the places that cannot take it.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Writable } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { processIO } from '../../src/cli/io.ts'
import { run } from '../../src/cli/run.ts'
import { readParquet } from '../unit/parquet-file.ts'
import { type Loaded, loaded } from './loaded.ts'

let db: Loaded

beforeAll(async () => {
  db = await loaded()
})
afterAll(() => db?.close())

const CANDLES = ['candles', 'BTC@alpha', '--every', '15m', '--from', '2025-03-10..2025-03-10T02:00Z']
const NO_TERMINAL = { code: 2, stdout: '', stderr: /nothing to read on a terminal\n {2}try: --out FILE\n$/ }

const at = (name: string): string => join(db.folder, name)
const read = (file: string) => readParquet(readFileSync(file))

/** What JSON says of a stored value: decimals and whole numbers without their type, times without trailing zeros. */
const told = (value: unknown, type: string | undefined): unknown => {
  if (value === null) return null
  if (type === 'TIMESTAMP_MICROS') return Number(value) / 1000
  if (typeof value === 'bigint') return Number(value)
  return type?.startsWith('DECIMAL') ? String(value).replace(/\.?0+$/, '') : value
}
const asTold = (value: unknown, type: string | undefined): unknown => {
  if (typeof value !== 'string') return value
  if (type === 'TIMESTAMP_MICROS') return Date.parse(value)
  return type?.startsWith('DECIMAL') && value.includes('.') ? value.replace(/\.?0+$/, '') : value
}

test('--out has the rows of --json, in types', async () => {
  const file = at('candles.parquet')
  const written = await db.ask([...CANDLES, '-o', 'parquet', '--out', file], { terminal: 80 })
  expect(written).toMatchObject({ code: 0, stdout: '' })
  const json: Record<string, unknown>[] = JSON.parse((await db.ask([...CANDLES, '--json'])).stdout)
  const { rows, types, metadata, said } = await read(file)
  expect(json.length).toBeGreaterThan(3)
  expect(Object.keys(rows[0]!)).toEqual(Object.keys(json[0]!))
  const same = (row: object, of: (value: unknown, type: string | undefined) => unknown) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, of(value, types[name])]))
  expect(rows.map((row) => same(row, told))).toEqual(json.map((row) => same(row, asTold)))
  expect(types).toMatchObject({ exchange_id: 'UTF8', close: expect.stringMatching(/^DECIMAL\(38,/) })
  expect(Object.values(types)).toContain('TIMESTAMP_MICROS')
  expect(metadata.created_by).toMatch(/^arxdb version \d+\.\d+\.\d+/)
  expect(said['arxdb.notes']).toContain('from 2025-03-10T00:00:00Z to 2025-03-10T02:00:00Z')
})

test('a pipe gets the same bytes as a file', async () => {
  const file = at('same.parquet')
  await db.ask([...CANDLES, '-o', 'parquet', '--out', file])
  const pieces: Buffer[] = []
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      pieces.push(chunk)
      done()
    },
  })
  const pipe = { stream, isTTY: false, width: 80, color: false }
  const code = await run([...CANDLES, '-o', 'parquet', '-q'], {
    io: { ...processIO({}), out: pipe },
    env: db.env,
    cwd: db.folder,
    signal: new AbortController().signal,
    now: () => new Date('2026-01-01T00:00:00Z'),
  })
  expect(code).toBe(0)
  expect(Buffer.concat(pieces).equals(readFileSync(file))).toBe(true)
})

test('a file is replaced whole, or stays as it was', async () => {
  const file = at('kept.parquet')
  writeFileSync(file, 'before')
  const wrong = await db.ask([...CANDLES, '-o', 'parquet', '--columns', 'nothing', '--out', file])
  expect(wrong.code).toBe(2)
  expect(readFileSync(file, 'utf8')).toBe('before')
  expect((await db.ask([...CANDLES, '-o', 'parquet', '--out', file])).code).toBe(0)
  expect((await read(file)).rows.length).toBeGreaterThan(3)
  expect(readdirSync(db.folder).filter((name) => name.startsWith(basename(file)))).toEqual(['kept.parquet'])
})

test('an answer without rows is a file with columns', async () => {
  const file = at('empty.parquet')
  expect((await db.ask(['coins', '--like', 'zzz', '-o', 'parquet', '--out', file])).code).toBe(0)
  const { rows, types } = await read(file)
  expect(rows).toEqual([])
  expect(Object.keys(types)).toContain('symbol')
})

test('a terminal does not get it; who has it for a habit sees a table', async () => {
  const refused = { ...NO_TERMINAL, stderr: expect.stringMatching(NO_TERMINAL.stderr) }
  expect(await db.ask([...CANDLES, '-o', 'parquet'], { terminal: 80 })).toEqual(refused)
  const shown = await db.ask(CANDLES, { terminal: 80 })
  expect(await db.ask(CANDLES, { terminal: 80, env: { ARXDB_FORMAT: 'parquet' } })).toEqual(shown)
  // Before anything is done.
  expect(await db.ask(['ingest', 'nowhere.csv', '-o', 'parquet'], { terminal: 80 })).toEqual(refused)
})

test('ARXDB_FORMAT and a config file may name it', async () => {
  await db.ask([...CANDLES, '--out', at('env.parquet')], { env: { ARXDB_FORMAT: 'parquet' } })
  expect((await read(at('env.parquet'))).rows.length).toBeGreaterThan(3)
  const config = at('parquet-config.json')
  writeFileSync(config, JSON.stringify({ output: 'parquet' }))
  const written = await db.ask([...CANDLES, '--config', config, '--out', at('config.parquet')])
  expect(written).toMatchObject({ code: 0, stdout: '' })
  expect((await read(at('config.parquet'))).rows.length).toBeGreaterThan(3)
})

test('--watch: not into one stream, but into a file', async () => {
  const line = [...CANDLES, '-o', 'parquet', '--watch', '100ms']
  const piped = await db.ask(line)
  expect(piped).toMatchObject({ code: 2, stdout: '' })
  expect(piped.stderr).toMatch(/one Parquet file after the other\n {2}try: --out FILE\n$/)
  const file = at('watched.parquet')
  const watched = await db.ask([...line, '--out', file], { signal: AbortSignal.timeout(1500) })
  expect(watched.code).toBe(130)
  expect((await read(file)).types).toMatchObject({ asked_at: 'TIMESTAMP_MICROS' })
})
