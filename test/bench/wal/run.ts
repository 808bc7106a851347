// Segments a second into an archive and back: node test/bench/run.js wal [--segments N] [--rounds N]
// arxdb beside cp (as PostgreSQL's documentation has it, and once so that a crash cannot cut it) and pgBackRest's
// archive-push and archive-get, all into a folder of the same disk, one process a segment as the server starts them.
// Segments are those of a real load. Needs PostgreSQL's programs (ARXDB_PG_BINDIR, or installed), and arxdb built.

import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { bestInstalled } from '../../../src/programs/installed.ts'
import { inTurns, median } from '../measure.ts'
import { mega, ms as milliseconds, newReport } from '../report.ts'
import { type Mover, movers, sizeOf } from './rivals.ts'
import { makeSegments, type Segments } from './segments.ts'

const { values } = parseArgs({
  options: { segments: { type: 'string', default: '18' }, rounds: { type: 'string', default: '5' } },
})
const [count, rounds] = [Number(values.segments), Number(values.rounds)]
const bindir = process.env.ARXDB_PG_BINDIR ?? (await bestInstalled({ env: process.env }))?.bindir
if (!bindir) throw new Error('no PostgreSQL here')

const folder = mkdtempSync('/tmp/arxdb-bench-wal-')
chmodSync(folder, 0o755)
try {
  const segments = makeSegments(folder, bindir, count)
  const report = newReport()
  const all = movers(folder, segments)
  const pushed = await inTurns(
    all.map((mover) => ({
      name: mover.name,
      before: () => mover.prepare(),
      run() {
        for (const name of segments.names) mover.push(name)
      },
    })),
    rounds,
  )
  const sizes = new Map(all.map(({ name }) => [name, sizeOf(join(folder, `repo-${name}`))]))
  const target = join(segments.data, 'pg_wal/RECOVERYXLOG')
  const fetched = await inTurns(
    all.map((mover) => ({ name: mover.name, run: () => fetchAll(mover, segments, target) })),
    rounds,
  )
  const rate = (times: ReadonlyMap<string, readonly number[]>, name: string): number =>
    (count * 1000) / median(times.get(name)!)
  const toCp = (times: ReadonlyMap<string, readonly number[]>, name: string): string =>
    `${(rate(times, name) / rate(times, 'cp')).toFixed(2)}x`
  report.table({
    title: `${count} segments of ${mega(segments.bytes)}, medians of ${rounds}, Node ${process.version}`,
    header: ['', 'pushed/s', 'of cp', 'fetched/s', 'of cp', 'repository'],
    rows: all.map(({ name }) => [
      name,
      ...[rate(pushed, name).toFixed(2), toCp(pushed, name), rate(fetched, name).toFixed(2), toCp(fetched, name)],
      mega(sizes.get(name)!),
    ]),
  })
  report.table(memory(segments))
  report.table(await calls(segments))
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function fetchAll(mover: Mover, { names, data }: Segments, target: string): void {
  for (const name of names) {
    rmSync(target, { force: true })
    mover.fetch(name, target)
    if (statSync(target).size !== statSync(join(data, 'pg_wal', name)).size) throw new Error(`${mover.name}: ${name}`)
  }
}

/** Peak memory of one call: for a segment alone, for one with a batch behind it, and of a fetch. */
function memory({ data, names }: Segments) {
  const hook = join(folder, 'rss.cjs')
  writeFileSync(
    hook,
    `process.on('exit', () => require('fs').writeFileSync(${JSON.stringify(join(folder, 'rss'))}, String(process.resourceUsage().maxRSS)))`,
  )
  const repo = join(folder, 'repo-arxdb')
  const peak = (args: readonly string[]): string => {
    const { status, stderr } = spawnSync(
      process.execPath,
      ['-r', hook, 'bin/arxdb.js', 'wal', ...args, '--repo', repo],
      { encoding: 'utf8' },
    )
    if (status !== 0) throw new Error(stderr)
    return mega(Number(readFileSync(join(folder, 'rss'), 'utf8')) * 1024)
  }
  const file = join(data, 'pg_wal', names[0]!)
  const again = (): void => rmSync(join(repo, 'wal'), { recursive: true, force: true })
  again()
  const one = peak(['push', file, '--no-batch'])
  again()
  const batch = peak(['push', file])
  return {
    title: 'peak memory of one call',
    header: ['', 'resident'],
    rows: [
      ['push, one segment', one],
      ['push, nine segments', batch],
      ['fetch', peak(['fetch', names[0]!, join(data, 'pg_wal/RECOVERYXLOG')])],
    ],
  }
}

/** What one call costs that has nothing to do: the one after a batch. */
async function calls({ data, names }: Segments) {
  const repo = join(folder, 'repo-arxdb')
  const node = (args: readonly string[]) => () => {
    if (spawnSync(process.execPath, [...args]).status !== 0) throw new Error(args.join(' '))
  }
  const push = ['bin/arxdb.js', 'wal', 'push', join(data, 'pg_wal', names[0]!), '--repo', repo]
  const times = await inTurns(
    [
      { name: 'node -e 0', run: node(['-e', '0']) },
      { name: 'push, stored already', run: node(push) },
    ],
    10,
  )
  return {
    title: 'one call, milliseconds',
    header: ['', 'median'],
    rows: [...times].map(([name, all]) => [name, milliseconds(median(all))]),
  }
}
