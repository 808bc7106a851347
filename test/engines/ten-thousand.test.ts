// Questions about very many chunks: as many statements as about few, no more locks, and work that grows with their number.
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { indexFindings } from '../../src/core/indexes.ts'
import { indexSizes, type SizesRow, sizes } from '../../src/core/sizes.ts'
import { openClient } from '../../src/db/connect.ts'
import { DEFAULT_LIMITS } from '../../src/db/session.ts'
import { openEngine } from '../../src/engines/timescaledb/engine.ts'
import { showIn } from '../../src/policy/show.ts'
import { wantedPolicies } from '../../src/policy/wanted.ts'
import { statement, type Target } from '../../src/statements/load.ts'
import { openSession, reading } from '../../src/storage/session.ts'
import { migratedDatabase, type TestDatabase, tiers } from '../servers/databases.ts'
import { compressOldest, FIRST, HOUR_MS, MANY, makeChunks, narrow } from './many-chunks.ts'

const FEW = 100

/** The statements that measure, each with what it is asked here. */
const ASKED = {
  'sizes/relations': [
    { table: null, each: false },
    { table: 'candles', each: true },
  ] as object[],
  'sizes/indexes': [{ table: null }] as object[],
  'metrics/relations': [{ most: 200 }] as object[],
  'indexes/usage': [{ least_pages: 128 }] as object[],
  'indexes/tables': [{}] as object[],
  'policy/effect': [{ relations: ['"arxdb"."candles"'], compress_after: [86_400] }] as object[],
  'policy/chunks': [{ relation: '"arxdb"."candles"' }] as object[],
} as const

interface Plan {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly Schema?: string
  readonly Plans?: readonly Plan[]
}

const nodes = (plan: Plan): readonly Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)]

/**
 * Whether the planner takes a hash or a loop for a join turns on statistics of the catalogue, and those on when autovacuum
 * was there. Neither may cost more than the work there is, so each statement is measured with both.
 */
const PLANS = {
  chosen: '',
  loops: 'set local enable_hashjoin = off; set local enable_mergejoin = off',
  hashes: 'set local enable_nestloop = off',
} as const

/** What one run of a statement cost, in a transaction of its own. */
interface Cost {
  readonly name: string
  readonly plan: string
  /** Pages touched by running it, those inside of functions too. */
  readonly buffers: number
  /** Relations it reads. */
  readonly read: readonly string[]
  /** Scans of candles, wherever they were asked for. */
  readonly scans: number
  /** Locks that are still held when it is done. */
  readonly locks: number
}

describe.each(tiers().map((tier) => ({ tier, name: tier.name, many: MANY[tier.name] })))(
  '$many chunks on $name',
  ({ tier, many }) => {
    const COUNTS = [FEW, many / 10, many] as const
    const now = new Date(FIRST + many * HOUR_MS).toISOString()
    let database: TestDatabase
    let client: pg.Client
    let target: Target
    const costs = new Map<number, readonly Cost[]>()
    const asked = new Map<number, readonly string[]>()

    beforeAll(async () => {
      database = await migratedDatabase(tier)
      client = await openClient(database.connection)
      const { rows } = await client.query("select current_setting('server_version_num')::int as server")
      target = { engine: tier.name === 'plain' ? 'postgres' : 'timescaledb', server: rows[0].server }
      await narrow(tier, client)
      let made = 0
      for (const count of COUNTS) {
        await makeChunks(tier, client, made, count)
        made = count
        // A tenth, so that it grows as the rest does; at the end there are several hundred.
        if (tier.name === 'community') await compressOldest(client, Math.min(count / 10, 300))
        // As autovacuum left the statistics, which is anywhere between those of fewer chunks and those of these; then as it
        // will leave them.
        const before = await measure(['chosen'], 'before vacuum')
        await client.query('vacuum analyze')
        costs.set(count, [...(await measure(['chosen', 'loops', 'hashes'], 'after it')), ...before])
        asked.set(count, await statements())
      }
    }, 300_000)

    afterAll(async () => {
      await client?.end()
      await database?.drop()
    })

    async function measure(plans: readonly (keyof typeof PLANS)[], when: string): Promise<readonly Cost[]> {
      const all: Cost[] = []
      for (const [name, wishes] of Object.entries(ASKED))
        for (const wish of wishes)
          for (const plan of plans) {
            const cost = await run(name, wish, plan)
            all.push({ name: `${name} ${JSON.stringify(wish)}`, plan: `${plan} ${when}`, ...cost })
          }
      return all
    }

    async function run(name: string, wish: object, plans: keyof typeof PLANS): Promise<Omit<Cost, 'name' | 'plan'>> {
      const { text, header } = statement(name, target)
      const given = { ...wish, now } as Record<string, unknown>
      const values = header.params.map((p) => given[p.name])
      await client.query(`begin read only; set local jit = off; ${PLANS[plans]}`)
      // The first run fills this session's caches of the catalogue.
      await client.query(text, values)
      const { rows } = await client.query(`explain (analyze, buffers, verbose, format json) ${text}`, values)
      const plan = rows[0]['QUERY PLAN'][0].Plan
      const seen = await client.query(SEEN)
      await client.query('commit')
      return {
        buffers: plan['Shared Hit Blocks'] + plan['Shared Read Blocks'],
        read: nodes(plan).flatMap((node) => (node['Relation Name'] ? [`${node.Schema}.${node['Relation Name']}`] : [])),
        ...seen.rows[0],
      }
    }

    async function statements(): Promise<readonly string[]> {
      const names: string[] = []
      const limits = { ...DEFAULT_LIMITS, statementTimeoutMs: 60_000 }
      const engine = await openEngine({
        connection: database.connection,
        limits,
        onStatement: ({ name }) => names.push(name),
      })
      await sizes(engine, { now })
      await sizes(engine, { now, table: 'arxdb.candles', chunks: true })
      await indexSizes(engine, { table: 'candles' })
      await indexFindings(engine, { minBytes: 0, minAge: 0, elsewhere: [], now })
      await engine.close()
      const session = await openSession(database.connection, limits)
      const policies = wantedPolicies({}, session.tier)
      await reading(session, (run) =>
        showIn(
          session,
          (name, params) => {
            names.push(name as (typeof names)[number])
            return run(name, params)
          },
          policies,
        ),
      )
      await session.close()
      return names
    }

    test('as many statements as about a hundred', () => {
      expect(asked.get(FEW)).toEqual([
        'sizes/relations',
        'sizes/names',
        'sizes/relations',
        'sizes/names',
        'sizes/indexes',
        'slow/extension',
        'indexes/standing',
        'indexes/hypertables',
        'indexes/usage',
        'indexes/tables',
        'indexes/keys',
        'policy/dialect',
        'policy/tables',
        'policy/jobs',
        'policy/applied',
        'policy/effect',
        'policy/last-runs',
      ])
      expect(asked.get(many)).toEqual(asked.get(FEW))
    })

    test('ten times as many cost no more than twenty times as much by any plan', () => {
      for (const { name, plan, buffers } of costs.get(many)!) {
        // Catalogue pages fill differently from run to run; a square would be a hundred times. By the dearest plan: where few are scanned whole and many are looked up one by one, that alone is no growth.
        const fewer = costs.get(many / 10)!.filter((cost) => cost.name === name)
        const before = Math.max(...fewer.map((cost) => cost.buffers))
        // A page for two or three chunks, at the least: else nothing was measured.
        expect(before, name).toBeGreaterThan(many / 30)
        expect(buffers, `${name}, ${plan}: ${before} to ${buffers} pages`).toBeLessThan(20 * before)
      }
    })

    test('no lock is kept on what was measured', () => {
      for (const [i, { name, locks }] of costs.get(many)!.entries()) {
        // One or two more: functions look at another index of the catalogue.
        expect(locks - costs.get(FEW)![i]!.locks, name).toBeLessThanOrEqual(2)
        expect(locks, name).toBeLessThan(100)
      }
    })

    test('no row of the candles is read', () => {
      for (const { name, read, scans } of costs.get(many)!) {
        expect(read.length, name).toBeGreaterThan(2)
        expect(
          read.filter((relation) => !/^(pg_catalog|_timescaledb_catalog|arxdb\.partitioning$)/.test(relation)),
          name,
        ).toEqual([])
        expect(scans, name).toBe(0)
      }
    })

    test('a scan of the candles would be seen', async () => {
      await client.query('begin')
      await client.query('select sum(close) from arxdb.candles where timestamp < $1', [new Date(FIRST + 3 * HOUR_MS)])
      const { rows } = await client.query(SEEN)
      await client.query('rollback')
      expect(rows[0].scans).toBeGreaterThan(0)
    })

    test('and the answer is right', async () => {
      const engine = await openEngine({ connection: database.connection, limits: DEFAULT_LIMITS })
      const { rows } = await sizes(engine, { now, table: 'candles' })
      const each = await sizes(engine, { now, table: 'candles', chunks: true })
      await engine.close()
      const truth = await client.query(
        tier.name === 'plain'
          ? "select sum(pg_total_relation_size(relid))::float8 as bytes from pg_partition_tree('arxdb.candles')"
          : "select hypertable_size('arxdb.candles')::float8 as bytes",
      )
      const [all] = rows as readonly SizesRow[]
      expect(all).toMatchObject({ chunks: many, total_bytes: truth.rows[0].bytes })
      expect(each.rows).toHaveLength(many)
      if (tier.name === 'community') expect(all!.compressed_chunks).toBeGreaterThanOrEqual(300)
    })
  },
)

/** Of this transaction, so far. */
const SEEN = `
  select (select count(*)::int from pg_locks where pid = pg_backend_pid() and locktype = 'relation') as locks,
         (select coalesce(sum(seq_scan + coalesce(idx_scan, 0)), 0)::int from pg_stat_xact_all_tables
            where relname ~ '^(_hyper_|compress_hyper_|candles)') as scans`
