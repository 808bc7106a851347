// Compression changes no answer by a letter: before, after, with late rows, recompressed, changed, decompressed.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { wantedPolicies } from '../../src/policy/wanted.ts'
import { session } from '../cli/session.ts'
import { entries } from '../docs/reference.ts'
import { migratedDatabase, type TestDatabase, tiers } from '../servers/databases.ts'
import { type Answers, askAll, change, QUESTIONS, withClient, writeHalf } from './compressed-scene.ts'

/** Narrow enough that twenty days have several. */
const DAYS = { prices: 3, candles: 2, analytics: 5 }
const TABLES = ['prices', 'candles', 'analytics'] as const
const MERGED = 4

/** Rows come in another order then: a sum of floating-point numbers that took them as they come would show it. */
const PLANS: readonly (readonly [string, string, string])[] = [
  ['enable_hashjoin = off', 'enable_hashagg = off', 'timescaledb.enable_decompression_sorted_merge = off'],
  ['enable_mergejoin = off', 'enable_nestloop = off', 'enable_indexscan = off'],
  ['timescaledb.enable_bulk_decompression = off', "work_mem = '64kB'", 'enable_bitmapscan = off'],
]

const asks = async () => (await entries()).filter(({ group }) => group.startsWith('Ask'))

test('no question is forgotten', async () => {
  const names = (await asks()).map(({ name }) => name.split(' ')[1]!).filter((name) => name !== 'sql')
  expect(Object.keys(QUESTIONS).sort()).toEqual([...new Set(names)].sort())
})

describe.each(tiers().filter(({ name }) => name === 'community'))('on $name', (tier) => {
  describe.each([
    ['each chunk by itself', 1],
    [`${MERGED} chunks merged into one`, MERGED],
  ])('%s', (_, times) => {
    let database: TestDatabase
    /** Gets the same rows, and is never compressed. */
    let twin: TestDatabase
    let raw: ReadonlySet<string>
    let expected: Answers

    const both = () => [database, twin]
    const refresh = async () => {
      for (const { url } of both())
        expect(await session(['policy', 'run', '--json'], { env: { DATABASE_URL: url } })).toMatchObject({ code: 0 })
    }
    const expectSame = async () => {
      const answers = await askAll(database, raw)
      for (const [argv, json] of Object.entries(expected))
        expect(JSON.parse(answers[argv]!), argv).toEqual(JSON.parse(json))
      // Numbers are written as they were, too.
      expect(answers).toEqual(expected)
    }
    const perChunk = (call: string) =>
      withClient(database, async (client) => {
        for (const table of TABLES) {
          const { rows } = await client.query(
            `select format('%I.%I', chunk_schema, chunk_name) as chunk from timescaledb_information.chunks
               where hypertable_schema = 'arxdb' and hypertable_name = $1 order by range_start`,
            [table],
          )
          for (const { chunk } of rows) await client.query(`select ${call}`, [chunk])
        }
      })
    const compress = () => perChunk('compress_chunk($1::regclass, if_not_compressed => true)')
    /** Chunks of each table, and whether all of them are compressed and without a loose row. */
    const state = () =>
      withClient(database, async (client) => {
        const found = []
        for (const table of TABLES) {
          const { rows } = await client.query(
            `select count(*)::int as chunks, bool_and(is_compressed) as packed from timescaledb_information.chunks
               where hypertable_schema = 'arxdb' and hypertable_name = $1`,
            [table],
          )
          found.push({ table, ...rows[0] })
        }
        return found
      })

    beforeAll(async () => {
      database = await migratedDatabase(tier)
      twin = await migratedDatabase(tier)
      raw = new Set(
        (await asks()).filter(({ help }) => help.includes('--no-rollup')).map(({ name }) => name.split(' ')[1]!),
      )
      await withClient(database, async (client) => {
        for (const table of TABLES) {
          const policy = wantedPolicies({}, tier.name).find((one) => one.table === `arxdb.${table}`)!
          await client.query('select set_chunk_time_interval($1::regclass, make_interval(days => $2))', [
            policy.table,
            DAYS[table],
          ])
          await client.query(
            `alter table ${policy.table} set (timescaledb.compress, timescaledb.compress_segmentby = '${policy.segment_by}',
               timescaledb.compress_orderby = '${policy.order_by}'
               ${times > 1 ? `, timescaledb.compress_chunk_time_interval = '${times * DAYS[table]} days'` : ''})`,
          )
        }
      })
      for (const each of both()) await writeHalf(each, false)
      await refresh()
      expected = await askAll(twin, raw)
    }, 120_000)
    afterAll(async () => {
      await database?.drop()
      await twin?.drop()
    })

    test('before', async () => {
      for (const { packed } of await state()) expect(packed).toBe(false)
      await expectSame()
    })

    test('compressed', async () => {
      const before = await state()
      await compress()
      for (const [i, { chunks, packed }] of (await state()).entries()) {
        expect(packed).toBe(true)
        if (times === 1) expect(chunks).toBe(before[i]!.chunks)
        else expect(chunks).toBeLessThanOrEqual(Math.ceil(before[i]!.chunks / times) + 1)
      }
      await expectSame()
    })

    test('late rows in compressed chunks, before the rollups know of them', async () => {
      const before = expected
      for (const each of both()) await writeHalf(each, true)
      expected = await askAll(twin, raw)
      expect(expected).not.toEqual(before)
      await expectSame()
    })

    test('and after', async () => {
      await refresh()
      expected = await askAll(twin, raw)
      await expectSame()
    })

    test('recompressed', async () => {
      await compress()
      await expectSame()
    })

    test.each(PLANS)('by another plan: %s', async (...settings) => {
      await withClient(database, async (client) => {
        const { rows } = await client.query('select current_database() as name')
        const alter = (what: string) => client.query(`alter database ${rows[0].name} ${what}`)
        for (const setting of settings) await alter(`set ${setting}`)
        try {
          await expectSame()
        } finally {
          await alter('reset all')
        }
      })
    })

    test('changes and deletions in compressed chunks', async () => {
      const before = expected
      for (const each of both()) await change(each)
      expected = await askAll(twin, raw)
      expect(expected).not.toEqual(before)
      await expectSame()
      await refresh()
      expected = await askAll(twin, raw)
      await expectSame()
    })

    test('recompressed anew', async () => {
      await compress()
      await withClient(database, (client) => client.query('analyze'))
      await expectSame()
    })

    test('rollups made anew from compressed rows', async () => {
      for (const { url } of both())
        expect(await session(['policy', 'run', '--rebuild'], { env: { DATABASE_URL: url } })).toMatchObject({ code: 0 })
      await expectSame()
    })

    test('decompressed', async () => {
      await perChunk('decompress_chunk($1::regclass, true)')
      for (const { packed } of await state()) expect(packed).toBe(false)
      await expectSame()
    })
  })
})
