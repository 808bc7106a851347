// The time of the statements: from rollups, from raw rows, and as people write the question.
import type pg from 'pg'
import type { BenchDatabase } from '../database.ts'
import type { Tier } from '../flags.ts'
import { median, type Rival, toldInTurns } from '../measure.ts'
import { ms, type Report, times } from '../report.ts'
import { isoOf, type Span } from './market.ts'
import { ask } from './program.ts'
import { CURRENT_PRICE, ILLEGAL_TWAP, seedsOf } from './seeds.ts'

const LEAST = 50

export interface Asking {
  readonly database: BenchDatabase
  readonly rounds: number
  readonly report: Report
}

const QUESTIONS: Readonly<Record<string, readonly string[]>> = {
  'candles 1d': ['candles', 'BTC', '--every', '1d'],
  'candles 1w': ['candles', 'BTC', '--every', '1w'],
  twap: ['twap', 'BTC'],
  'twap 1d': ['twap', 'BTC', '--every', '1d'],
  vwap: ['vwap', 'BTC'],
  'vwap 1d': ['vwap', 'BTC', '--every', '1d'],
}

/** From rollups and from raw rows; an answer that differs between the two is reported as wrong. */
export function bothWays(question: readonly string[], { database, report }: Asking): readonly Rival<Promise<number>>[] {
  const first: { csv?: string } = {}
  const way = (name: string, flags: readonly string[]): Rival<Promise<number>> => ({
    name,
    async run() {
      const { csv, ms } = await ask([...question, ...flags], database.url)
      first.csv ??= csv
      if (csv.length === 0) report.wrong(`${question.join(' ')}: no answer`)
      if (csv !== first.csv) report.wrong(`${[...question, ...flags].join(' ')}: another answer than before`)
      return ms
    },
  })
  return [way('rollups', []), way('raw', ['--no-rollup'])]
}

async function timed(client: pg.Client, sql: string, params: readonly unknown[]): Promise<number> {
  const start = performance.now()
  await client.query(sql, [...params])
  return performance.now() - start
}

/** All that there is, for one coin. */
export async function inServer(asking: Asking, tier: Tier, span: Span): Promise<void> {
  const { database, rounds, report } = asking
  const { client } = database
  const window = ['--from', isoOf(span.since), '--to', isoOf(span.until)]
  const bounds = ['bitcoin', span.since, span.until]
  const rows: string[][] = []
  const remarks: string[] = []
  const ratios: number[] = []
  // As arxdb's own sessions have it: the formulation is compared, not the settings.
  await client.query(`set jit = off; set timezone = 'UTC'`)
  for (const [name, question] of Object.entries(QUESTIONS)) {
    const seed = seedsOf(tier)[name]!
    const rivals = [
      ...bothWays([...question, ...window], asking),
      { name: 'seed', run: () => timed(client, seed.sql, bounds) },
    ]
    const took = await toldInTurns(rivals, rounds)
    const [rolled, raw, pasted] = ['rollups', 'raw', 'seed'].map((way) => median(took.get(way)!)) as [
      number,
      number,
      number,
    ]
    ratios.push(raw / rolled)
    rows.push([name, ms(rolled), ms(raw), times(raw / rolled), ms(pasted), times(pasted / rolled)])
    if (seed.remark) remarks.push(`- ${name} as people write it: ${seed.remark}`)
  }
  rows.push(await newestPrice(asking, span))
  report.table({
    title: `${days(span)} days of one coin on four exchanges: ms of the statements`,
    header: ['question', 'rollups', 'raw rows', 'raw / rollups', 'as people write it', 'that / rollups'],
    rows,
  })
  for (const line of remarks) report.say(line)
  report.say(`- twap as written: ${await refusal(client, bounds)}`)
  report.say(
    '- * of raw rows. price as people write it compares the table with itself, and finds the newest row of all markets',
  )
  const least = Math.min(...ratios)
  report.claim('rollups, of raw rows', `${times(least)} faster at least`, `>= ${LEAST}x`, least >= LEAST)
}

const days = ({ since, until }: Span): string => ((until.getTime() - since.getTime()) / 86_400_000).toFixed(0)

async function newestPrice({ database, rounds }: Asking, { until }: Span): Promise<string[]> {
  const question = ['price', 'BTC', 'ETH', '--at', isoOf(until)]
  const took = await toldInTurns(
    [
      { name: 'arxdb', run: async () => (await ask(question, database.url)).ms },
      { name: 'seed', run: () => timed(database.client, CURRENT_PRICE, [['bitcoin', 'ethereum']]) },
    ],
    rounds,
  )
  const [own, pasted] = [median(took.get('arxdb')!), median(took.get('seed')!)]
  return ['price', '-', ms(own), '-', ms(pasted), `${times(pasted / own)}*`]
}

async function refusal(client: pg.Client, bounds: readonly unknown[]): Promise<string> {
  try {
    await client.query(ILLEGAL_TWAP, [...bounds])
    return 'runs here'
  } catch (error) {
    return `"${(error as Error).message}"`
  }
}
