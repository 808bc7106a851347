// batchInsert beside one multi-row INSERT of the same rows: node test/bench/run.js batch-insert
// Calls of 1000 rows each, the two by turns, medians of 5. The server: see ../server.ts.
import pg from 'pg'
import { type Client, connect } from '../../../src/index.ts'
import { median } from '../measure.ts'
import { benchServer } from '../server.ts'

const CALL_ROWS = 1000
const CALLS = 20
const ROUNDS = 5
const COLUMNS = ['market_id', 'timestamp', 'open', 'high', 'low', 'close', 'volume', 'trades'] as const

type Candle = Record<(typeof COLUMNS)[number], unknown>
type Insert = (rows: readonly Candle[]) => Promise<unknown>

/** The shape, key and checks of arxdb.candles. */
const TABLE = `
  create schema bench_batch_insert;
  create table bench_batch_insert.candles (
    market_id int not null, timestamp timestamptz not null, open numeric not null, high numeric not null,
    low numeric not null, close numeric not null, volume numeric, trades bigint, primary key (market_id, timestamp),
    check (low > 1e-30 and high < 1e30 and low <= open and low <= close and high >= open and high >= close))`

function candles(call: number): Candle[] {
  return Array.from({ length: CALL_ROWS }, (_, i) => {
    const n = call * CALL_ROWS + i
    const base = 60_000 + (n % 977)
    return {
      market_id: 1 + (n % 5),
      timestamp: new Date(1_700_000_000_000 + Math.floor(n / 5) * 60_000),
      open: `${base}.125`,
      high: `${base + 9}.5`,
      low: `${base - 9}.25`,
      close: `${base + 1}.0625`,
      volume: `${n % 100}.12345678`,
      trades: n % 1000,
    }
  })
}

const tuple = (_: unknown, i: number): string =>
  `(${COLUMNS.map((_, j) => `$${i * COLUMNS.length + j + 1}`).join(', ')})`
const values = Array.from({ length: CALL_ROWS }, tuple).join(', ')
const INSERT = `insert into bench_batch_insert.candles (${COLUMNS.join(', ')}) values ${values}`

async function rowsPerSecond(client: Client, calls: readonly (readonly Candle[])[], insert: Insert): Promise<number> {
  await client.query('truncate bench_batch_insert.candles')
  const start = performance.now()
  for (const rows of calls) await insert(rows)
  const rate = (CALLS * CALL_ROWS) / ((performance.now() - start) / 1000)
  const [stored] = await client.query<{ n: number }>('select count(*) as n from bench_batch_insert.candles')
  if (stored?.n !== CALLS * CALL_ROWS) throw new Error(`${stored?.n} rows stored of ${CALLS * CALL_ROWS}`)
  return rate
}

async function main(): Promise<void> {
  const url = await benchServer()
  const client = await connect(url, { pool: { min: 1, max: 1 } })
  const rival = new pg.Client({ connectionString: url })
  await rival.connect()
  const ways: readonly [string, Insert][] = [
    ['batchInsert', (rows) => client.batchInsert('bench_batch_insert.candles', rows)],
    [
      'insert values',
      (rows) =>
        rival.query(
          INSERT,
          rows.flatMap((row) => COLUMNS.map((name) => row[name])),
        ),
    ],
  ]
  const calls = Array.from({ length: CALLS }, (_, call) => candles(call))
  const rates = new Map<string, number[]>(ways.map(([name]) => [name, []]))
  try {
    await client.query('drop schema if exists bench_batch_insert cascade')
    await client.query(TABLE)
    for (const [, insert] of ways) await rowsPerSecond(client, calls, insert)
    for (let round = 0; round < ROUNDS; round++) {
      for (const [name, insert] of ways) rates.get(name)!.push(await rowsPerSecond(client, calls, insert))
    }
  } finally {
    await client.query('drop schema if exists bench_batch_insert cascade')
    await Promise.all([client.close(), rival.end()])
  }
  const [own, other] = ways.map(([name]) => median(rates.get(name)!))
  for (const [name] of ways) console.log(`${name.padEnd(14)} ${Math.round(median(rates.get(name)!))} rows/s`)
  console.log(`ratio          ${(own! / other!).toFixed(2)}x  (${CALL_ROWS} rows a call, medians of ${ROUNDS})`)
}

await main()
