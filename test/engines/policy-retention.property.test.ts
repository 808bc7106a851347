// Retention never deletes a row that is younger than the policy, and lets none stay beyond the chunk that holds it:
// random policies, rows and moments, on every tier.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openClient } from '../../src/db/connect.ts'
import { runPolicies } from '../../src/policy/run/run.ts'
import type { TablePolicy } from '../../src/policy/wanted.ts'
import { describeTiers, migratedDatabase } from '../servers/databases.ts'
import { DAY, fillCandles, fillPrices, policiesOf, writeDown } from './policy-scene.ts'

const START = Date.parse('2024-01-01T00:00:00Z')
const SPAN_DAYS = 400
const TIMEFRAMES = ['1m', '1h', '1d'] as const

const days = (max: number) => fc.integer({ min: 1, max })
const kept = fc.option(fc.integer({ min: 3_600, max: 500 * 86_400 }), { nil: null, freq: 3 })

const scene = fc.record({
  /** Of what is there before the policy. */
  width: fc.constantFrom(1, 7, 30, 90),
  nowMs: fc.integer({ min: START, max: START + 2 * SPAN_DAYS * DAY }),
  retain_for: kept,
  retain_by: fc.dictionary(fc.constantFrom(...TIMEFRAMES), kept, { maxKeys: 3 }),
  stretches: fc.array(
    fc.record({
      timeframe: fc.constantFrom(...TIMEFRAMES),
      first: fc.integer({ min: 0, max: SPAN_DAYS }),
      length: days(120),
      step: fc.constantFrom('7 hours', '1 day', '13 hours 7 minutes 0.123456 seconds'),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  compressed: fc.boolean(),
})

interface Row {
  readonly timeframe: string
  readonly us: bigint
}

/** The bound of the law, written anew: microseconds since 1970 before which a timeframe keeps nothing. */
const cutoff = ({ retain_for, retain_by }: TablePolicy, timeframe: string, nowMs: number): bigint | undefined => {
  const seconds = timeframe in retain_by ? retain_by[timeframe]! : retain_for
  return seconds === null ? undefined : BigInt(nowMs) * 1000n - BigInt(seconds) * 1_000_000n
}

describeTiers('retention', (tier) => {
  const rowsOf = async (client: Awaited<ReturnType<typeof openClient>>): Promise<Row[]> => {
    const { rows } = await client.query<{ timeframe: string; us: string }>(
      `select m.timeframe, (extract(epoch from f.timestamp) * 1000000)::bigint::text as us from
         (select market_id, timestamp from arxdb.candles union all select market_id, timestamp from arxdb.prices) f
         join arxdb.markets m using (market_id) order by 1, 2`,
    )
    return rows.map(({ timeframe, us }) => ({ timeframe, us: BigInt(us) }))
  }

  test('deletes nothing that is younger, and keeps nothing beyond its chunk', { timeout: 240_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(scene, async ({ width, nowMs, retain_for, retain_by, stretches, compressed }) => {
        const database = await migratedDatabase(tier)
        const client = await openClient(database.connection)
        try {
          for (const facts of ['candles', 'prices'])
            await client.query(
              tier.name === 'plain'
                ? `update arxdb.partitioning set width = '${width} days' where table_name = '${facts}'`
                : `select set_chunk_time_interval('arxdb.${facts}', interval '${width} days')`,
            )
          for (const [i, { timeframe, first, length, step }] of stretches.entries()) {
            const from = new Date(START + first * DAY).toISOString()
            const to = new Date(START + (first + length) * DAY).toISOString()
            await fillCandles(client, { timeframe, coin: `coin${i}`, from, to, every: step })
            await fillPrices(client, { coin: `coin${i}`, from, to, every: step })
          }
          if (tier.name === 'community' && compressed) {
            await client.query(
              "alter table arxdb.candles set (timescaledb.enable_columnstore, timescaledb.segmentby = 'market_id')",
            )
            await client.query("select compress_chunk(c) from show_chunks('arxdb.candles') c")
          }
          const before = await rowsOf(client)
          const policies = policiesOf(tier.name)
          const candles = { ...policies['arxdb.candles']!, retain_for, retain_by, compress_after: null }
          const prices = { ...policies['arxdb.prices']!, retain_for, compress_after: null }
          await writeDown(client, candles)
          await writeDown(client, prices)
          const { deeds } = await runPolicies(database.connection, {
            signal: new AbortController().signal,
            now: new Date(nowMs),
          })
          expect(deeds.filter(({ outcome }) => outcome === 'failed')).toEqual([])
          const after = await rowsOf(client)
          const policyOf = ({ timeframe }: Row) => (timeframe === 'tick' ? prices : candles)
          const young = (row: Row): boolean => {
            const bound = cutoff(policyOf(row), row.timeframe, nowMs)
            return bound === undefined || row.us >= bound
          }
          expect(after.filter(young)).toEqual(before.filter(young))
          const chunk = BigInt(width) * BigInt(DAY) * 1000n
          const late = after.filter((row) => {
            const bound = cutoff(policyOf(row), row.timeframe, nowMs)
            return bound !== undefined && row.us < bound - chunk
          })
          expect(late).toEqual([])
        } finally {
          await client.end()
          await database.drop()
        }
      }),
      { numRuns: 15 },
    )
  })
})
