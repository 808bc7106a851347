// Health of a database with very many chunks: as many statements as of one with few, each soon done, and no lock that is in
// anybody's way.
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openClient } from '../../src/db/connect.ts'
import type { Finding } from '../../src/health/model.ts'
import { CHECKS } from '../../src/health/registry.ts'
import { compressOldest, MANY, makeChunks, narrow } from '../engines/many-chunks.ts'
import { migratedDatabase, type TestDatabase, tiers } from '../servers/databases.ts'
import { listening, type Transaction } from './listening.ts'
import { examined } from './scene.ts'
import { stopJobs } from './timescaledb-scene.ts'

const FEW = 100
/** Of any check; other tests may be at work beside it. */
const LONGEST_MS = 1_000

interface Asked {
  readonly transactions: readonly Transaction[]
  readonly findings: readonly Finding[]
}

const titles = ({ transactions }: Asked): readonly string[] =>
  transactions.flatMap(({ statements }) => statements.map(({ text }) => text.split('\n')[0]!))

describe.each(tiers().map((tier) => ({ tier, name: tier.name, many: MANY[tier.name] })))(
  'health of $many chunks on $name',
  ({ tier, many }) => {
    const counts = [FEW, many] as const
    let database: TestDatabase
    let client: pg.Client
    const asked = new Map<number, Asked>()

    beforeAll(async () => {
      database = await migratedDatabase(tier)
      client = await openClient(database.connection)
      if (tier.name !== 'plain') await stopJobs(client)
      await client.query("select arxdb.market('bitcoin', 'BTC', 'alpha', 'USD', '1h')")
      await narrow(tier, client)
      let made = 0
      for (const count of counts) {
        await makeChunks(tier, client, made, count)
        made = count
        if (tier.name === 'community') await compressOldest(client, Math.min(count / 10, 300))
        await client.query('vacuum analyze')
        asked.set(count, await ask(count))
      }
    }, 600_000)

    afterAll(async () => {
      await client?.end()
      await database?.drop()
    })

    /** At the end of the bars, which makes them fresh. */
    async function ask(count: number): Promise<Asked> {
      const now = () => new Date(Date.UTC(2024, 0, 1) + count * 3_600_000)
      let findings: readonly Finding[] = []
      const transactions = await listening(async () => {
        findings = await examined(database.connection, [], { now })
      })
      return { transactions, findings }
    }

    test('every check that applies is asked, and answers', () => {
      const { findings } = asked.get(many)!
      const unknown = findings.filter(({ state }) => state === 'UNKNOWN')
      expect(unknown).toEqual([])
      expect(new Set(findings.map(({ check }) => check))).toEqual(
        new Set(['connection', ...CHECKS.map(({ name }) => name)]),
      )
      if (tier.name === 'plain') return
      const count = findings.find(({ check }) => check === 'chunk-count')
      expect(count).toMatchObject({ value: many, state: many >= 5_000 ? 'WARNING' : 'OK' })
    })

    test('as many statements as about a hundred', () => {
      expect(titles(asked.get(many)!)).toEqual(titles(asked.get(FEW)!))
      expect(titles(asked.get(many)!).length).toBeGreaterThan(10)
      expect(titles(asked.get(many)!).length).toBeLessThan(2 * CHECKS.length)
    })

    test('no check takes longer than a second', () => {
      const slow = asked
        .get(many)!
        .transactions.map(({ statements }) => ({
          title: statements[0]?.text.split('\n')[0],
          ms: statements.reduce((sum, { ms }) => sum + ms, 0),
        }))
        .filter(({ ms }) => ms > LONGEST_MS)
      expect(slow).toEqual([])
    })

    test('no lock is stronger than a reader takes', () => {
      for (const count of counts)
        for (const { modes, statements } of asked.get(count)!.transactions)
          expect(modes, statements[0]?.text).toEqual(['AccessShareLock'])
    })

    test('one that were stronger would be seen', async () => {
      const transactions = await listening(async () => {
        await client.query('begin read write')
        await client.query('lock table arxdb.imports in row share mode')
        await client.query('commit')
      })
      expect(transactions[0]!.modes).toContain('RowShareLock')
    })
  },
)
