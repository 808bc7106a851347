// A server under several sets of settings: node test/bench/run.js tune [flags]
//   --rows N            one-minute candles of two coins on four exchanges; 2 million by default
//   --scale N           of pgbench; 20 by default, 300 MB
//   --seconds N         of each pgbench; 15 by default
//   --rounds N          3 by default, after one that does not count
//   --memory GB --cpus N   the machine that the settings are for; this one's by default
//   --table             only print the settings beside each other, and measure nothing
// Makes a server of its own (TimescaleDB where it is installed), with fsync on; sets it anew and starts it again for each
// of the rivals in each round, so that whatever else the machine does meets all of them.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { availableParallelism, loadavg, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { DEFAULT_LIMITS } from '../../../src/db/session.ts'
import { GB } from '../../../src/health/tune/units.ts'
import { refreshRollups } from '../../../src/storage/rollups.ts'
import { openSession } from '../../../src/storage/session.ts'
import { startCluster } from '../../health/own-cluster.ts'
import { findPostgres } from '../../servers/postgres.ts'
import { isoOf, makeCandles, spanOf } from '../analytics/market.ts'
import { ask } from '../analytics/program.ts'
import { openDatabase } from '../database.ts'
import { flagsOr2, positive } from '../flags.ts'
import { median } from '../measure.ts'
import { ms, newReport, times, whole } from '../report.ts'
import { type Config, configs, type Settings } from './rivals.ts'

const options = flagsOr2(() => {
  const { values } = parseArgs({
    options: {
      ...{ rows: { type: 'string', default: '2_000_000' }, scale: { type: 'string', default: '20' } },
      ...{ seconds: { type: 'string', default: '15' }, rounds: { type: 'string', default: '3' } },
      ...{ memory: { type: 'string' }, cpus: { type: 'string' }, table: { type: 'boolean', default: false } },
    },
  })
  return {
    ...{ rows: positive('rows', values.rows), scale: positive('scale', values.scale) },
    ...{ seconds: positive('seconds', values.seconds), rounds: positive('rounds', values.rounds), table: values.table },
    memory: values.memory === undefined ? totalmem() : positive('memory', values.memory) * GB,
    cpus: values.cpus === undefined ? availableParallelism() : positive('cpus', values.cpus),
  }
}, 'test/bench/tune/run.ts')

const note = (text: string): void => console.error(`${new Date().toISOString().slice(11, 19)} ${text}`)
const report = newReport()
const found = await findPostgres()
const { bindir } = found.installation
const tier = found.tier === 'plain' ? 'plain' : found.tier
found.discard()

const PGBENCH: Readonly<Record<string, readonly string[]>> = {
  'pgbench, tps': ['-c', '8', '-j', '2'],
  'pgbench -S, tps': ['-S', '-c', '8', '-j', '2'],
}

function pgbench(url: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(join(bindir, 'pgbench'), [...args, url], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return stdout
}

const tps = (url: string, args: readonly string[]): number =>
  Number(/^tps = ([\d.]+)/m.exec(pgbench(url, ['-n', '-T', String(options.seconds), ...args]))![1])

/** As ALTER SYSTEM writes it. */
function autoConf(settings: Settings): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} = '${value}'\n`)
    .join('')
}

const cluster = await startCluster(tier, ['fsync=on', 'max_locks_per_transaction=256'])
try {
  const all = await configs(cluster.url, tier, options)
  const names = [...new Set(all.flatMap(({ settings }) => Object.keys(settings)))]
  report.table({
    title: `settings for ${options.cpus} processors and ${Math.round(options.memory / GB)} GB`,
    header: ['', ...all.slice(1).map(({ name }) => name)],
    rows: names.map((name) => [name, ...all.slice(1).map(({ settings }) => settings[name] ?? '')]),
  })
  if (!options.table) await measure(all.filter(({ name }) => name !== 'arxdb ingest'))
} finally {
  cluster.remove()
}

async function measure(rivals: readonly Config[]): Promise<void> {
  const database = await openDatabase('tune', tier === 'plain' ? 'plain' : 'hypertable', cluster.url)
  if (typeof database === 'string') throw new Error(database)
  note('making candles')
  const span = spanOf(options.rows)
  const rows = await makeCandles(database.client, span)
  const session = await openSession(database.connection, { ...DEFAULT_LIMITS, statementTimeoutMs: 0 })
  await refreshRollups(session)
  await session.close()
  await database.client.query('vacuum (analyze)')
  const { url, about } = database
  await database.client.end()
  pgbench(cluster.url, ['-i', '-q', '-s', String(options.scale)])
  const window = ['--from', isoOf(span.since), '--to', isoOf(span.until)]
  const questions: Readonly<Record<string, readonly string[]>> = {
    'candles 1d of raw rows, ms': ['candles', 'BTC', '--every', '1d', '--no-rollup', ...window],
    'twap 1d of raw rows, ms': ['twap', 'BTC', '--every', '1d', '--no-rollup', ...window],
    'correlation 1h, ms': ['correlation', 'BTC', 'ETH', '--exchange', 'kraken', '--every', '1h', ...window],
    'candles 1d of rollups, ms': ['candles', 'BTC', '--every', '1d', ...window],
  }
  const kinds = [...Object.keys(questions), ...Object.keys(PGBENCH)]
  const figures = new Map(kinds.map((kind) => [kind, new Map<string, number[]>()]))
  for (let round = 0; round <= options.rounds; round++) {
    for (const { name, settings } of rivals) {
      note(`round ${round}: ${name}`)
      writeFileSync(join(cluster.data, 'postgresql.auto.conf'), autoConf(settings))
      cluster.restart()
      const add = (kind: string, value: number): void => {
        const of = figures.get(kind)!
        if (round > 0) of.set(name, [...(of.get(name) ?? []), value])
      }
      for (const [kind, question] of Object.entries(questions)) {
        await ask(question, url)
        add(kind, (await ask(question, url)).ms)
      }
      for (const [kind, args] of Object.entries(PGBENCH)) add(kind, tps(cluster.url, args))
    }
  }
  const value = (kind: string, { name }: Config): number => median(figures.get(kind)!.get(name)!)
  /** How many times better than the defaults. */
  const better = (kind: string, rival: Config): number => {
    const ratio = value(kind, rival) / value(kind, rivals[0]!)
    return kind.endsWith('tps') ? ratio : 1 / ratio
  }
  report.table({
    title: `${about}, ${whole(rows)} candles, medians of ${options.rounds}, load ${loadavg()[0]!.toFixed(1)}: and how many times better than the defaults`,
    header: ['', ...rivals.map(({ name }) => name)],
    rows: kinds.map((kind) => [
      kind,
      ...rivals.map((rival, i) => ms(value(kind, rival)) + (i === 0 ? '' : ` (${times(better(kind, rival))})`)),
    ]),
  })
}
