// Late rows into compressed chunks: whatever is done to them, all is as it would be had nothing been compressed.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Client } from '../../src/client/api.ts'
import { connect } from '../../src/client/client.ts'
import { undoImports } from '../../src/ingest/imports.ts'
import type { FileReport, IngestOptions } from '../../src/ingest/report.ts'
import { describeTiers, type Tier } from '../servers/databases.ts'
import {
  answersOf,
  type Chunk,
  chunksOf,
  columnstore,
  compressAll,
  rowsOf,
  type Twin,
  twin,
} from './compressed-twin.ts'
import { lines, MINUTE, START } from './ingest-files.ts'

/** More than the 100,000 rows that a transaction may unpack of the server's own accord. */
const MINUTES = 111_000
/** A row in each stretch of a thousand, which is what is compressed together. */
const STEP = 997
const EACH = Array.from({ length: Math.floor(MINUTES / STEP) - 1 }, (_, i) => i * STEP)
const FLAGS = { format: undefined, exchange: 'packed', symbol: 'BTC/USD', timeframe: '1m' } as const
const HEADER = 'time,open,high,low,close,volume,observed_at'

/** Of the 997 minutes, those that the first load leaves out, by what brings them. */
const LATE = { ingest: 0, atomic: 1, client: 2, other: 3, undone: 4 }
const HERE = 50

const at = (minute: number): string => new Date(START + minute * MINUTE).toISOString()
const row = (minute: number, value: number, seen: number): string =>
  `${START + minute * MINUTE},10,${value + 20},5,${10 + (minute % 7)},${1 + (minute % 5)}.25,${at(seen)}`

const BASE = lines([
  HEADER,
  ...Array.from({ length: MINUTES }, (_, i) => i)
    .filter((i) => i % STEP >= 5)
    .map((i) => row(i, 1, 1000)),
])
/** Of the rows that are there, half have other values, half of those were seen later. */
const again = (offset: number, value: number) =>
  lines([
    HEADER,
    ...EACH.map((from, i) => row(from + HERE + offset, i % 2 ? value : 1, i % 4 < 2 ? 2000 + value : 500)),
  ])

interface State {
  readonly name: string
  readonly mergeTo?: string
  /** Leaves the chunks as they are to be before each operation. */
  prepare(b: Twin): Promise<void>
  is(chunk: Chunk, index: number): boolean
}

const STATES: readonly State[] = [
  {
    name: 'fully compressed',
    prepare: compressAll,
    is: ({ compressed, partial, days }) => compressed && !partial && days === 30,
  },
  {
    name: 'partially compressed',
    async prepare(b) {
      await compressAll(b)
      // Rows of another market beside each chunk's compressed ones.
      await b.client.query(
        `insert into arxdb.candles (market_id, timestamp, open, high, low, close)
           select -7, t, 1, 1, 1, 1 from generate_series($1::timestamptz, $2::timestamptz, '1 day') t
           on conflict do nothing`,
        [at(0), at(MINUTES)],
      )
      await b.client.query(`delete from arxdb.candles where market_id = -7`)
    },
    is: ({ compressed, partial, days }) => compressed && partial && days === 30,
  },
  {
    name: 'merged',
    mergeTo: '360 days',
    prepare: compressAll,
    is: ({ compressed, partial, days }) => compressed && !partial && days > 30,
  },
]

describeTiers('into compressed chunks', (tier) => {
  if (tier.name !== 'community') {
    test('there are none', () => {})
    return
  }
  describe.each(STATES)('$name', (state) => compare(tier, state))
})

function compare(tier: Tier, state: State): void {
  let packed: Twin
  let open: Twin
  let clients: readonly [Client, Client]

  beforeAll(async () => {
    ;[packed, open] = await Promise.all([twin(tier), twin(tier)])
    await columnstore(packed, state.mergeTo)
    await open.client.query("select set_chunk_time_interval('arxdb.candles', interval '30 days')")
    for (const b of [packed, open]) await b.load(b.file('base.csv', BASE), FLAGS)
    const pool = { pool: { min: 0, max: 2 } }
    clients = [await connect(packed.db.url, pool), await connect(open.db.url, pool)]
  }, 120_000)
  afterAll(async () => {
    for (const client of clients ?? []) await client.close()
    await packed?.close()
    await open?.close()
  })

  /** The same on both, and then all of it compared; gives back what came of it. */
  async function both<T>(work: (b: Twin, client: Client) => Promise<T>): Promise<T> {
    await state.prepare(packed)
    const chunks = await chunksOf(packed)
    expect(chunks.length).toBeGreaterThan(0)
    expect(chunks.filter((chunk, i) => !state.is(chunk, i))).toEqual([])
    const results: T[] = []
    for (const [i, b] of [packed, open].entries()) results.push(await work(b, clients[i]!))
    expect(results[0]).toEqual(results[1])
    expect(await rowsOf(packed)).toEqual(await rowsOf(open))
    const raw = await answersOf(open, START, MINUTES, false)
    expect(raw.length).toBeGreaterThan(150)
    for (const rollup of [true, false]) expect(await answersOf(packed, START, MINUTES, rollup)).toEqual(raw)
    return results[0]!
  }

  const fates = ({ file: _, seconds: _s, rows_per_second: _r, ...rest }: FileReport) => rest
  const load = (name: string, content: string, flags: Partial<IngestOptions> = {}) =>
    both(async (b) => fates((await b.load(b.file(name, content), { ...FLAGS, ...flags }))[0]!))

  test('the server itself would refuse what one batch unpacks', async () => {
    await state.prepare(packed)
    await packed.client.query('begin')
    const refused = await packed.client
      .query(
        `insert into arxdb.candles (market_id, timestamp, open, high, low, close)
           select m.market_id, $1::timestamptz + i * $2 * interval '1 minute', 1, 1, 1, 1
             from arxdb.markets m, generate_series(0, $3) i
           on conflict (market_id, timestamp) do update set low = excluded.low`,
        [at(HERE), STEP, EACH.length - 1],
      )
      .catch((error: unknown) => error)
    await packed.client.query('rollback')
    expect(refused).toMatchObject({ code: '53400' })
  })

  test('new rows', async () => {
    const late = lines([HEADER, ...EACH.map((from) => row(from + LATE.ingest, 3, 1000))])
    expect(await load('late.csv', late)).toMatchObject({ inserted: EACH.length, skipped: 0, rejected: 0 })
  })

  test.each(['skip', 'update', 'newest'] as const)('rows that are there: %s', async (onConflict) => {
    const offset = { skip: 0, update: 20, newest: 40 }[onConflict]
    const report = await load(`${onConflict}.csv`, again(offset, 7), { onConflict })
    expect(report).toMatchObject({ rows_read: EACH.length, inserted: 0 })
    if (onConflict !== 'skip') expect(report.updated).toBeGreaterThan(20)
  })

  test('rows that are there: error', async () => {
    const error = await both(async (b) => {
      const { code, exit, message, detail } = await b.refused(b.file('error.csv', again(60, 9)), {
        ...FLAGS,
        onConflict: 'error',
      })
      return { code, exit, message, detail }
    })
    expect(error).toMatchObject({ code: 'conflict', exit: 1 })
  })

  test('an atomic load that fails leaves nothing', async () => {
    const rows = EACH.map((from) => row(from + LATE.atomic, 3, 1000))
    const error = await both(async (b) => {
      const file = b.file('atomic.csv', lines([HEADER, ...rows, 'when,1,2,3,4,5,6']))
      const { code, detail } = await b.refused(file, { ...FLAGS, atomic: true })
      return { code, detail: detail?.replace(/\S*atomic\.csv\S*/g, '') }
    })
    expect(error).toMatchObject({ code: 'bad-row' })
  })

  test('an import undone, of new rows and of replaced ones', async () => {
    const content = [again(80, 11), ...EACH.map((from) => row(from + LATE.undone, 3, 1000))].join('\n')
    const { import_id: id, updated } = await load('gone.csv', content, { onConflict: 'update' })
    const { deleted } = await both((b) =>
      undoImports(b.db.connection, id!, { force: true }).then(({ deleted }) => ({ deleted })),
    )
    expect(deleted).toBe(updated + EACH.length)
    expect(await load('gone.csv', content, { onConflict: 'update' })).toMatchObject({ inserted: deleted })
  })

  test.each(['skip', 'update', 'error'] as const)("the library's batchInsert: %s", async (onConflict) => {
    const [{ market_id } = { market_id: 0 }] = await open.rows<{ market_id: number }>(
      'select market_id from arxdb.markets',
    )
    const minutes = EACH.flatMap((from) => [from + HERE + 100, from + LATE.client])
    const rows = minutes.map((minute, i) => ({
      ...{ market_id, timestamp: at(minute), open: '10', high: `${60 + i}`, low: '5', close: '12', volume: '1.5' },
    }))
    const done = await both((_, client) =>
      client.batchInsert('arxdb.candles', rows, { onConflict, batchSize: 5000 }).catch(({ code }) => ({ code })),
    )
    if (onConflict === 'skip') expect(done).toMatchObject({ inserted: EACH.length, skipped: EACH.length })
    if (onConflict === 'update') expect(done).toMatchObject({ inserted: 0, updated: EACH.length })
    if (onConflict === 'error') expect(done).toEqual({ code: 'database' })
  })

  test('with direct compression switched on for the database: it is not used, and no row is hidden', async () => {
    const late = lines([HEADER, ...EACH.map((from) => row(from + LATE.other, 3, 1000))])
    const name = new URL(packed.db.url).pathname.slice(1)
    await packed.client.query(`alter database ${name} set timescaledb.enable_direct_compress_copy = on`)
    expect(await load('direct.csv', late)).toMatchObject({ inserted: EACH.length })
    const far = lines([HEADER, ...EACH.map((_, i) => row(3 * MINUTES + i, 3, 1000))])
    await state.prepare(packed)
    for (const b of [packed, open]) await b.load(b.file('far.csv', far), FLAGS)
    expect(await rowsOf(packed)).toEqual(await rowsOf(open))
    expect((await chunksOf(packed)).at(-1)).toMatchObject({ compressed: false })
    await packed.client.query(`alter database ${name} reset timescaledb.enable_direct_compress_copy`)
  })
}
