// A database of the plain tier with the files of fixtures/ in it, and sessions that ask it.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packageRoot } from '../../src/statements/package-root.ts'
import { migratedDatabase } from '../servers/databases.ts'
import { type Ended, type SessionOptions, session } from './session.ts'

export interface Loaded {
  /** A home of its own, empty: nobody's config or .pgpass is read. */
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
  ask(argv: readonly string[], options?: SessionOptions): Promise<Ended>
  close(): Promise<void>
}

const FILES = [
  ['prices.csv'],
  ['ohlcv.csv'],
  ['analytics.csv'],
  ['BTCUSDT-1m-2025-01.csv', '--exchange', 'binance'],
  ['BTCUSD_1m_2016.csv', '--format', 'bitfinex'],
] as const

/** Migrated and loaded through the command line itself. */
export async function loaded(): Promise<Loaded> {
  const database = await migratedDatabase('plain')
  const folder = mkdtempSync(join(tmpdir(), 'arxdb-cli-'))
  const env = { DATABASE_URL: database.url, HOME: folder, ARXDB_HOME: join(folder, 'local') }
  const ask: Loaded['ask'] = (argv, options = {}) =>
    session(argv, { cwd: folder, ...options, env: { ...env, ...options.env } })
  for (const [file, ...flags] of FILES) {
    const { code, stderr } = await ask(['ingest', join(packageRoot(), 'fixtures', file), ...flags])
    if (code !== 0) throw new Error(`${file}: exit ${code}: ${stderr}`)
  }
  return {
    folder,
    env,
    ask,
    async close() {
      await database.drop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
