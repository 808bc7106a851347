// What rollups cost: bytes, and the time that noting changes adds to a load.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type pg from 'pg'
import { type BenchDatabase, countCandles, openDatabase } from '../database.ts'
import type { Tier } from '../flags.ts'
import { inTurns, median } from '../measure.ts'
import { mega, ms, type Report, times, whole } from '../report.ts'
import { makeMarkets, type Span } from './market.ts'
import { psql, psqlVersion } from './program.ts'

const FACTS: Readonly<Record<Tier, string>> = {
  plain: `select sum(pg_total_relation_size(relid)) from pg_partition_tree('arxdb.candles')`,
  hypertable: `select hypertable_size('arxdb.candles')`,
}

export async function sizes({ client }: BenchDatabase, tier: Tier, report: Report): Promise<void> {
  const { rows } = await client.query(`select (${FACTS[tier]})::float8 as facts,
    pg_total_relation_size('arxdb.rollups')::float8 as rollups,
    (select count(*) from arxdb.candles)::float8 as n_facts, (select count(*) from arxdb.rollups)::float8 as n_rollups`)
  const { facts, rollups, n_facts, n_rollups } = rows[0]
  report.table({
    title: 'sizes, indexes included',
    header: ['', 'rows', 'size', 'bytes a row'],
    rows: [
      ['candles', whole(n_facts), mega(facts), whole(facts / n_facts)],
      ['rollups', whole(n_rollups), mega(rollups), whole(rollups / n_rollups)],
    ],
  })
  report.say(`- rollups are ${((100 * rollups) / facts).toFixed(1)} % of the candles' size`)
}

const MOST_ROWS = 1_000_000
const COLUMNS = 'market_id, timestamp, open, high, low, close, volume'

/** COPY of the same rows into an empty table, with the triggers that note what changed and without. */
export async function copyCost(
  source: BenchDatabase,
  {
    tier,
    server,
    span,
    rounds,
    folder,
    report,
  }: { tier: Tier; server: string; span: Span; rounds: number; folder: string; report: Report },
): Promise<void> {
  if ((await psqlVersion()) === undefined) return report.say('\ncost of the triggers: not run (no psql)')
  const file = join(folder, 'copy.csv')
  const select = `select ${COLUMNS} from arxdb.candles order by market_id, timestamp limit ${MOST_ROWS}`
  await psql(['-c', `\\copy (${select}) to '${file}' (format csv)`], source)
  const database = await openDatabase('analytics_copy', tier, server)
  if (typeof database === 'string') throw new Error(database)
  try {
    await makeMarkets(database.client)
    const triggers = await triggersOf(database.client)
    const load = () => psql(['-c', `\\copy arxdb.candles (${COLUMNS}) from '${file}' (format csv)`], database)
    const rival = (name: string, isNoting: boolean) => ({
      name,
      async before() {
        await database.empty(span)
        await database.client.query('truncate arxdb.rollup_dirty')
        await setTriggers(database.client, tier, triggers, isNoting)
      },
      run: load,
    })
    const took = await inTurns([rival('with', true), rival('without', false)], rounds)
    const rows = await countCandles(database.client)
    const [noting, bare] = [median(took.get('with')!), median(took.get('without')!)]
    const line = (name: string, value: number) => [name, ms(value), whole((rows / value) * 1000), times(value / bare)]
    report.table({
      title: `psql \\copy of ${whole(rows)} candles, in one statement`,
      header: ['', 'ms', 'rows/s', 'of without'],
      rows: [line('with the triggers of the rollups', noting), line('without', bare)],
    })
  } finally {
    await database.drop()
    rmSync(file)
  }
}

interface Trigger {
  readonly name: string
  readonly definition: string
}

async function triggersOf(client: pg.Client): Promise<readonly Trigger[]> {
  const { rows } = await client.query(`select tgname as name, pg_get_triggerdef(oid) as definition from pg_trigger
    where tgrelid = 'arxdb.candles'::regclass and tgname like 'rollup\\_%' order by tgname`)
  return rows
}

/** TimescaleDB refuses to disable triggers of a hypertable: there they go, and come again. */
async function setTriggers(client: pg.Client, tier: Tier, triggers: readonly Trigger[], isOn: boolean): Promise<void> {
  for (const { name, definition } of triggers) {
    if (tier === 'plain') {
      await client.query(`alter table arxdb.candles ${isOn ? 'enable' : 'disable'} trigger ${name}`)
      continue
    }
    await client.query(`drop trigger if exists ${name} on arxdb.candles`)
    if (isOn) await client.query(definition)
  }
}
