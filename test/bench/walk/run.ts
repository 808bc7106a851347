// Random walks: node test/bench/run.js walk [flags]
//   --tier NAME        plain (default), apache or community
//   --walks N          10 by default, of seeds that follow each other
//   --seed N           the first one, 1 by default
//   --operations N     200 by default
//   --at-once N        walks beside each other, 2 by default
//   --script           the same walks with a script of pg_dump, gzip, pg_restore --list and find -delete in arxdb's place
// Each walk loads, changes, backs up, damages, kills, prunes, restores, clones and promotes, and compares every row that comes
// back with a model. It exits with 3 when anything was lost that arxdb had promised; a walk of the script never fails.
import { spawn } from 'node:child_process'
import { parseArgs } from 'node:util'
import { builtWalk } from '../../faults/walk/built.ts'
import { findPostgres } from '../../servers/postgres.ts'
import { flagsOr2, positive } from '../flags.ts'

const TIERS = ['plain', 'apache', 'community'] as const
const wanted = flagsOr2(() => {
  const { values } = parseArgs({
    options: {
      tier: { type: 'string', default: 'plain' },
      walks: { type: 'string', default: '10' },
      seed: { type: 'string', default: '1' },
      operations: { type: 'string', default: '200' },
      'at-once': { type: 'string', default: '2' },
      script: { type: 'boolean', default: false },
    },
  })
  const tier = TIERS.find((one) => one === values.tier)
  if (!tier) throw new Error(`--tier takes one of ${TIERS.join(', ')}`)
  return {
    ...{ tier, script: values.script, operations: positive('operations', values.operations) },
    ...{ walks: positive('walks', values.walks), seed: positive('seed', values.seed) },
    atOnce: positive('at-once', values['at-once']),
  }
}, 'test/bench/walk/run.ts')

const began = performance.now()
const built = await builtWalk()
const { bindir } = (await findPostgres()).installation
const rows: Record<string, number | string>[] = []
let lost = 0

/** One walk in a process of its own; its line is printed as it is, since it holds the seed and what to run again. */
async function walked(seed: number): Promise<void> {
  const words = [
    '--seed',
    String(seed),
    '--operations',
    String(wanted.operations),
    ...(wanted.script ? ['--naive'] : []),
  ]
  const [file, ...args] = built.command(wanted.tier, bindir, words)
  const child = spawn(file!, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  for await (const chunk of child.stdout) said += chunk
  process.stdout.write(said)
  if (said.trim() === '') throw new Error(`the walk of seed ${seed} said nothing`)
  const row = JSON.parse(said) as Record<string, number | string>
  if (row.lost !== undefined) lost++
  rows.push(row)
}

const seeds = Array.from({ length: wanted.walks }, (_, i) => wanted.seed + i)
try {
  const next = async (): Promise<void> => {
    for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) await walked(seed)
  }
  await Promise.all(Array.from({ length: wanted.atOnce }, next))
} finally {
  built.end()
}
const names = Object.entries(rows[0] ?? {}).filter(([name, value]) => typeof value === 'number' && name !== 'seed')
const sums = names.map(([name]) => `${Math.round(rows.reduce((sum, row) => sum + Number(row[name] ?? 0), 0))} ${name}`)
const minutes = Math.round((performance.now() - began) / 6_000) / 10
console.error(
  `${rows.length} walks on ${wanted.tier}, ${wanted.script ? 'the script' : 'arxdb'}, ${minutes} min: ${sums.join(', ')}`,
)
if (!wanted.script) console.error(`${lost} of them lost what was promised`)
process.exitCode = lost > 0 ? 3 : 0
