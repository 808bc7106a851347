// How long arxdb takes to start, beside Node itself: node test/bench/run.js startup [rounds]
// The local server has to run, and hold something about BTC, or `price` measures its own error.
import { spawnSync } from 'node:child_process'
import { inTurns, median } from '../measure.ts'

const rounds = Number(process.argv[2] ?? 20)

const node = (args: readonly string[]) => {
  const { status, stderr } = spawnSync(process.execPath, [...args], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`node ${args.join(' ')}: ${stderr}`)
}
const rivals = [
  { name: 'node -e 0', args: ['-e', '0'] },
  { name: 'arxdb --version', args: ['bin/arxdb.js', '--version'] },
  { name: 'arxdb --help', args: ['bin/arxdb.js', '--help'] },
  { name: 'arxdb price BTC', args: ['bin/arxdb.js', 'price', 'BTC', '--env', 'demo', '--at', '2025-03-10T12:00Z'] },
]

const times = await inTurns(
  rivals.map(({ name, args }) => ({ name, run: () => node(args) })),
  rounds,
)
const floor = median(times.get('node -e 0')!)
console.log(`medians of ${rounds}, Node ${process.version}`)
for (const [name, values] of times) {
  console.log(`${name.padEnd(18)} ${median(values).toFixed(1).padStart(7)} ms  ${(median(values) / floor).toFixed(2)}x`)
}
