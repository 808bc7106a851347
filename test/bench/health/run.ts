// What looking costs: node test/bench/run.js health [flags]
//   --chunks N     10,000 by default, an hour each with one row
//   --rounds N     5 by default, after one that does not count
// Measured are: each statement of a whole `health` in the server, planning and running, in a session that is as new as
// health's own; the whole of it in this process and as a program; and check_pgactivity beside it, where it is installed
// (Debian: check-pgactivity), one process a service as a monitoring server starts them. Rivals take turns.
// The server is ARXDB_BENCH_URL (a superuser's), else arxdb's own; with TimescaleDB Community 300 chunks are compressed.
// It exits with 0 however slow anybody is, and with 1 when a check could not be judged.
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { openClient } from '../../../src/db/connect.ts'
import { examined } from '../../health/scene.ts'
import { type BenchDatabase, openDatabase } from '../database.ts'
import { flagsOr2, positive } from '../flags.ts'
import { inTurns, median } from '../measure.ts'
import { isStale, PROGRAM } from '../program.ts'
import { ms, newReport, times } from '../report.ts'
import { benchServer } from '../server.ts'
import { makeHours } from './hours.ts'
import { pgactivity, runArxdb, SERVICES } from './rivals.ts'
import { statementsOf } from './statements.ts'

const { chunks, rounds } = flagsOr2(() => {
  const { values } = parseArgs({
    options: { chunks: { type: 'string', default: '10000' }, rounds: { type: 'string', default: '5' } },
  })
  return { chunks: positive('chunks', values.chunks), rounds: positive('rounds', values.rounds) }
}, 'test/bench/health/run.ts')
if (!existsSync(PROGRAM)) {
  console.error(`${PROGRAM} is not built: npm run build`)
  process.exit(2)
}
if (isStale()) console.error(`${PROGRAM} is older than the sources`)

const report = newReport()
const database = await openDatabase('health', 'hypertable', await benchServer())
if (typeof database === 'string') {
  console.error(database)
  process.exit(2)
}
try {
  console.error(`making ${chunks} chunks`)
  await makeHours(database.client, chunks)
  await measure(database)
} finally {
  await database.drop()
}
process.exitCode = report.failures > 0 ? 1 : 0

async function measure({ connection, about, url }: BenchDatabase): Promise<void> {
  report.say(`${about}, ${chunks} chunks, medians of ${rounds}, Node ${process.version}`)
  for (const { state, check, text } of await examined(connection, []))
    if (state === 'UNKNOWN') report.wrong(`${check} is UNKNOWN: ${text}`)

  const statements = await statementsOf(connection)
  const costs = new Map<string, { plan: number[]; run: number[] }>()
  const totals: number[] = []
  for (let round = 0; round <= rounds; round++) {
    const client = await openClient(connection)
    let total = 0
    for (const { title, ask } of statements) {
      const { plan, run } = await ask(client)
      total += plan + run
      const kept = costs.get(title) ?? { plan: [], run: [] }
      costs.set(title, kept)
      if (round === 0) continue
      kept.plan.push(plan)
      kept.run.push(run)
    }
    if (round > 0) totals.push(total)
    await client.end()
  }
  const sorted = [...costs].sort(([, a], [, b]) => median(b.run) + median(b.plan) - median(a.run) - median(a.plan))
  report.table({
    title: 'statements of health in the server, milliseconds',
    header: ['', 'planned', 'run', 'both'],
    rows: [
      ...sorted.map(([title, { plan, run }]) => [
        ...[title.slice(0, 80), ms(median(plan)), ms(median(run)), ms(median(plan) + median(run))],
      ]),
      ['all of them', '', '', ms(median(totals))],
    ],
  })
  const whole = median(totals)
  report.claim('whole health in the server', `${ms(whole)} ms`, 'less than 1,000 ms', whole < 1_000)

  const beside = pgactivity(url)
  const rivals = [
    { name: 'arxdb health, in this process', run: () => examined(connection, []) },
    { name: 'arxdb health, the program', run: () => runArxdb(url) },
    ...(beside
      ? SERVICES.map((service) => ({ name: `check_pgactivity ${service[0]}`, run: () => beside(service) }))
      : []),
  ]
  const walls = await inTurns(rivals, rounds)
  const services = [...walls].filter(([name]) => name.startsWith('check_pgactivity'))
  const [bare] = services.map(([, all]) => median(all))
  const sum = services.reduce((total, [, all]) => total + median(all), 0)
  report.table({
    title: 'from start to end, milliseconds',
    header: ['', 'median', 'without start and connection'],
    rows: [
      ...[...walls].map(([name, all]) => [
        ...[name, ms(median(all)), name.startsWith('check_') ? ms(Math.max(0, median(all) - bare!)) : ''],
      ]),
      ...(beside
        ? [[`check_pgactivity, ${services.length} services`, ms(sum), ms(sum - services.length * bare!)]]
        : []),
    ],
  })
  if (!beside) return report.say('check_pgactivity is not installed: apt-get install check-pgactivity')
  const program = median(walls.get('arxdb health, the program')!)
  report.say(`- ${services.length} services of check_pgactivity take ${times(sum / program)} of one arxdb health`)
}
