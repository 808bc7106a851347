// Four real years of one-minute candles: how small they get by the usual policy, and that not a digit is lost.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openClient } from '../../src/db/connect.ts'
import { measure } from '../bench/compression/hypertable.ts'
import { usualBytes } from '../bench/compression/seeds.ts'
import { session } from '../cli/session.ts'
import { migratedDatabase, type TestDatabase, tiers } from '../servers/databases.ts'

const data = process.env.ARXDB_DATA ?? fileURLToPath(new URL('../../../shared/data', import.meta.url))
const file = join(data, 'bitfinex-1m-big', 'BTCUSD_1m_2013-2016.csv.gz')
const missing = existsSync(file) ? '' : ` (skipped: ${file} is not there; ARXDB_DATA may name another place)`

const TABLE = 'arxdb.candles'
const ROWS = 1_091_782
/** Of arxdb's candles once they are compressed, indexes included. */
const MOST_BYTES = 26
/** Of the table that people make by hand. */
const LEAST_SAVED = 0.9

describe.skipIf(missing !== '').each(tiers().filter(({ name }) => name === 'community'))(
  `real candles compressed on $name${missing}`,
  (tier) => {
    let database: TestDatabase
    let client: pg.Client
    let before: readonly object[]

    const arxdb = async (...argv: readonly string[]) => {
      const ended = await session([...argv, '--json'], { env: { DATABASE_URL: database.url, HOME: '/nowhere' } })
      expect({ code: ended.code, stderr: ended.code === 0 ? '' : ended.stderr }).toEqual({ code: 0, stderr: '' })
      return ended.stdout
    }
    /** Whatever the order of the rows: a sum over hashes of all that each one has, import and all. */
    const checksum = async () =>
      (
        await client.query(
          `select count(*)::int as rows, sum(hashtextextended(c::text, 0)::numeric)::text as hashes from ${TABLE} c`,
        )
      ).rows
    const days = () => arxdb('candles', 'BTC', '--every', '1d', '--no-rollup', '--from', '2013-04-01..2017-01-01')

    beforeAll(async () => {
      database = await migratedDatabase(tier)
      client = await openClient(database.connection)
      // Its jobs would compress at their own time.
      await client.query('select _timescaledb_functions.stop_background_workers()')
      await arxdb('policy', 'apply')
      await arxdb('ingest', file, '--format', 'bitfinex', '--symbol', 'BTC/USD', '--timeframe', '1m')
      before = await checksum()
    }, 120_000)
    afterAll(async () => {
      await client?.end()
      await database?.drop()
    })

    test('all rows are in', () => expect(before).toMatchObject([{ rows: ROWS }]))

    test('compressed they are small, and the same', async () => {
      const usual = await usualBytes(client, 'candles')
      const answer = await days()
      await arxdb('policy', 'run')
      const { bytes, rows } = await measure(client, TABLE)
      expect(bytes / rows).toBeLessThanOrEqual(MOST_BYTES)
      expect(1 - bytes / rows / usual).toBeGreaterThanOrEqual(LEAST_SAVED)
      expect(await checksum()).toEqual(before)
      expect(await days()).toBe(answer)
    }, 300_000)

    test('a checksum tells one digit from another', async () => {
      await client.query('begin')
      const sql = `update ${TABLE} set volume = volume + 0.00000001 where timestamp = '2013-04-01T00:07:00Z'`
      expect((await client.query(sql)).rowCount).toBe(1)
      const changed = await checksum()
      await client.query('rollback')
      expect(changed).not.toEqual(before)
    })
  },
)
