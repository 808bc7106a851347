// The policy commands as people and scripts meet them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openClient } from '../../src/db/connect.ts'
import { fillCandles } from '../engines/policy-scene.ts'
import { describeTiers, migratedDatabase, type TestDatabase } from '../servers/databases.ts'
import { type SessionOptions, session } from './session.ts'

describeTiers('policy', (tier) => {
  let database: TestDatabase
  let client: pg.Client
  const folder = mkdtempSync(join(tmpdir(), 'arxdb-policy-'))

  beforeAll(async () => {
    database = await migratedDatabase(tier)
    client = await openClient(database.connection)
    if (tier.name !== 'plain') await client.query('select _timescaledb_functions.stop_background_workers()')
    await fillCandles(client, { timeframe: '1h', from: '2024-01-01', to: '2024-06-30', every: '3 hours' })
  })
  beforeEach(() => say({}))
  afterAll(async () => {
    rmSync(folder, { recursive: true })
    await client?.end()
    await database?.drop()
  })

  const say = (policy: object, more: object = {}): void =>
    writeFileSync(join(folder, 'arxdb.json'), JSON.stringify({ policy, ...more }))
  const arxdb = (argv: readonly string[], options: SessionOptions = {}) =>
    session(argv, { cwd: folder, env: { DATABASE_URL: database.url, HOME: '/nowhere' }, ...options })
  const rows = async (argv: readonly string[]) => JSON.parse((await arxdb([...argv, '--json'])).stdout || '[]')

  test('check says with exit 3 what apply then puts right', async () => {
    expect(await arxdb(['policy', 'plan', '--check'])).toMatchObject({ code: 3 })
    expect(await arxdb(['policy', 'show', '--check'])).toMatchObject({ code: 3 })
    expect(await arxdb(['policy', 'show'])).toMatchObject({ code: 0 })
    const dry = await rows(['policy', 'apply', '--dry-run'])
    const applied = await rows(['policy', 'apply'])
    expect(applied.map((row: { sql: string }) => row.sql)).toEqual(dry.map((row: { sql: string }) => row.sql))
    expect(await arxdb(['policy', 'plan', '--check'])).toMatchObject({ code: 0, stdout: '' })
    expect(await rows(['policy', 'plan'])).toEqual([])
    expect(await arxdb(['policy', 'run'])).toMatchObject({ code: 0 })
    expect(await arxdb(['policy', 'show', '--check'])).toMatchObject({ code: 0 })
    const again = await arxdb(['policy', 'apply'])
    expect(again.stderr).toContain('nothing differs')
  })

  test('the plan is a script that psql could run', async () => {
    say({ candles: { chunkInterval: '14d' }, prices: { chunkInterval: '14d' } })
    const { stdout } = await arxdb(['policy', 'plan'])
    expect(stdout).toMatch(/^-- arxdb.prices chunk_interval: 30d -> 14d$/m)
    expect(stdout).toMatch(/^-- locks: \w+Lock /m)
    await client.query(stdout)
    expect(await rows(['policy', 'plan'])).toEqual([])
    say({})
    await arxdb(['policy', 'apply'])
  })

  test('what export prints sets up an empty database as apply does', async () => {
    const other = await migratedDatabase(tier)
    const there = await openClient(other.connection)
    await there.query((await arxdb(['policy', 'export'])).stdout)
    const env = { DATABASE_URL: other.url, HOME: '/nowhere' }
    const left = JSON.parse((await arxdb(['policy', 'plan', '--json'], { env })).stdout) as { setting: string }[]
    // What was applied is arxdb's own record.
    expect(new Set(left.map(({ setting }) => setting))).toEqual(new Set(['recorded']))
    await there.end()
    await other.drop()
  })

  test('shorter retention needs the table typed, or --yes', async () => {
    say({ candles: { retainFor: '30d' } })
    const refused = await arxdb(['policy', 'apply'])
    expect(refused).toMatchObject({ code: 6 })
    expect(refused.stderr).toMatch(/will not let rows of arxdb.candles be deleted sooner than before \(\d+ rows now\)/)
    expect(await arxdb(['policy', 'apply'], { terminal: 100, typed: 'yes\r' })).toMatchObject({ code: 6 })
    expect(await rows(['policy', 'plan'])).not.toEqual([])
    const planned = await arxdb(['policy', 'plan'])
    expect(planned.stderr).toMatch(/retention will delete \d+ rows/)
    expect(await arxdb(['policy', 'apply'], { terminal: 100, typed: 'arxdb.candles\r' })).toMatchObject({ code: 0 })
    expect(await rows(['policy', 'plan'])).toEqual([])
    say({})
    expect(await arxdb(['policy', 'apply'])).toMatchObject({ code: 0 })
    say({ candles: { retainFor: '30d' } })
    expect(await arxdb(['policy', 'apply', '--yes'])).toMatchObject({ code: 0 })
    say({})
    await arxdb(['policy', 'apply'])
  })

  test('Ctrl-C ends a run in order, and it is written down', async () => {
    const stop = new AbortController()
    stop.abort()
    const ended = await arxdb(['policy', 'run'], { signal: stop.signal })
    expect(ended).toMatchObject({ code: 130, stderr: expect.stringContaining('interrupted') })
    expect(ended.stderr).not.toContain('report it')
  })

  test('a wrong policy is refused before anything is asked of a server', async () => {
    say({ candles: { compressAfter: '3 days', retainfor: '1d' } })
    const ended = await arxdb(['policy', 'plan'])
    expect(ended).toMatchObject({ code: 2 })
    expect(ended.stderr).toContain('/policy/candles/compressAfter')
    expect(ended.stderr).toContain('retainFor')
  })

  test('rows are said to be estimates, where there are any', async () => {
    await client.query('analyze arxdb.candles')
    const shown = await arxdb(['policy', 'show', '--json'])
    const [, { rows_estimate, bytes_per_row }] = JSON.parse(shown.stdout)
    expect(rows_estimate).toBeGreaterThan(0)
    expect(bytes_per_row).toBeGreaterThan(0)
    expect(shown.stderr).toContain('rows_estimate and bytes_per_row are estimates from the last ANALYZE')
    const other = await migratedDatabase(tier)
    const empty = await arxdb(['policy', 'show'], { env: { DATABASE_URL: other.url, HOME: '/nowhere' } })
    expect(empty.stderr).not.toContain('estimates')
    await other.drop()
  })

  test('a timeframe that nobody has is refused, with those that there are', async () => {
    for (const [timeframe, why] of [
      ['1hour', 'is no timeframe'],
      ['60m', 'no candles of "60m" are known'],
    ]) {
      say({ candles: { retainFor: { [timeframe!]: '30d' } } })
      for (const verb of ['plan', 'apply']) {
        const ended = await arxdb(['policy', verb])
        expect(ended).toMatchObject({ code: 2, stdout: '' })
        expect(ended.stderr).toContain(why)
        expect(ended.stderr).toMatch(/try: write 1s, .* 1h, .*, or \* for the others/)
      }
    }
    const [, shown] = await rows(['policy', 'show'])
    expect(shown).toMatchObject({ table: 'arxdb.candles', state: 'unfit' })
    await fillCandles(client, { timeframe: '60m', from: '2024-01-01', to: '2024-01-02', every: '1 hour' })
    expect(await arxdb(['policy', 'plan'])).toMatchObject({ code: 0 })
  })

  test('a table is found by its quoted name, and refused under two at once', async () => {
    say({ 'arxdb."candles"': { chunkInterval: '14d' } })
    expect(await rows(['policy', 'plan'])).toContainEqual(
      expect.objectContaining({ table: 'arxdb.candles', setting: 'chunk_interval', wanted: '14d' }),
    )
    say({ candles: { chunkInterval: '14d' }, '"candles"': { chunkInterval: '15d' } })
    for (const verb of ['plan', 'show', 'apply', 'export']) {
      const ended = await arxdb(['policy', verb])
      expect(ended).toMatchObject({ code: 2 })
      expect(ended.stderr).toContain(String.raw`the policy names arxdb.candles twice: as "candles" and "\"candles\""`)
    }
  })

  test('a read-only environment is not changed', async () => {
    say({}, { environments: { archive: { url: database.url, readOnly: true } } })
    const env = { HOME: '/nowhere' }
    expect(await arxdb(['policy', 'plan', '--env', 'archive'], { env })).toMatchObject({ code: 0 })
    for (const verb of ['apply', 'run'])
      expect(await arxdb(['policy', verb, '--env', 'archive'], { env })).toMatchObject({ code: 6 })
  })

  test('compression that was asked for is there, or what would give it is told with exit 5', async () => {
    say({ candles: { compressAfter: '5d', chunkInterval: '15d' } })
    const applied = await arxdb(['policy', 'apply'])
    expect(applied.code).toBe(tier.name === 'community' ? 0 : 5)
    for (const verb of ['plan', 'show', 'apply']) {
      const ended = await arxdb(['policy', verb])
      if (tier.name === 'community')
        expect(ended).toMatchObject({ code: 0, stderr: expect.not.stringContaining('cannot') })
      else {
        expect(ended).toMatchObject({ code: 5 })
        expect(ended.stderr).toMatch(/candles: compressAfter cannot be kept here; it takes .*Community/)
      }
    }
    // All else is done.
    expect(await rows(['policy', 'plan'])).toEqual([])
    const shown = await rows(['policy', 'show'])
    expect(shown[1]).toMatchObject({ table: 'arxdb.candles', state: 'ok', actual_chunk_interval: 15 * 86_400 })
    say({})
    expect(await arxdb(['policy', 'apply'])).toMatchObject({ code: 0 })
  })

  test('a terminal of 80 columns shows what matters, and says what is missing here', async () => {
    const { stdout, stderr } = await arxdb(['policy', 'show'], { terminal: 80 })
    expect(stdout.split('\n')[0]).toMatch(/^table +state +chunks +compressed +backlog +bytes/)
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
    if (tier.name === 'community') expect(stderr).not.toContain('needs TimescaleDB')
    else expect(stderr).toContain('no compression here, which needs TimescaleDB Community')
  })
})
