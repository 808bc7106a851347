// The walks of some seeds, one after the other, in a process of their own: in the root of the tier's programs, where those
// are in one. A line of JSON for each; a walk that fails is shrunk, and its shortest form is said.
import { execFileSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { naiveWalk } from './naive.ts'
import { type Operation, operations, read, written } from './operations.ts'
import { shrunk } from './shrink.ts'
import { walk } from './walk.ts'

const { values } = parseArgs({
  options: {
    bindir: { type: 'string' },
    timescaledb: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    walks: { type: 'string', default: '1' },
    operations: { type: 'string', default: '200' },
    /** Instead of a seed's: `load:123 backup:456`. */
    walk: { type: 'string' },
    shrink: { type: 'string', default: '40' },
    /** The script in arxdb's place. */
    naive: { type: 'boolean', default: false },
    /** A row goes missing in each restore before it is looked at: for the walk's own test. */
    lie: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
})
const bindir = values.bindir!
const version = execFileSync(join(bindir, 'postgres'), ['--version']).toString()
const major = Number(/\d+/.exec(version.replace(/^\D+/, ''))![0])
const say = values.verbose ? (text: string) => void process.stderr.write(`${text}\n`) : () => {}
// It is built into a folder of the checkout, two below it.
const root = join(dirname(process.argv[1]!), '../..')
const place = { root, bindir, major, timescaledb: values.timescaledb, lie: values.lie, keep: values.keep, say }

/** The beginning of what was lost: the same finding, whatever numbers stand in it. */
const kindOf = (lost: string | undefined): string | undefined => lost?.replace(/\d+/g, '0').slice(0, 28)

async function one(seed: number, list: readonly Operation[]): Promise<boolean> {
  const ended = await walk(list, place)
  let shortest: string | undefined
  if (ended.lost !== undefined && Number(values.shrink) > 0) {
    process.stderr.write(`seed ${seed}: ${ended.lost}\nlooking for a shorter walk that ends so\n`)
    const till = list.slice(0, ended.at! + 1)
    const fails = async (part: readonly Operation[]) => kindOf((await walk(part, place)).lost) === kindOf(ended.lost)
    shortest = written(await shrunk(till, fails, Number(values.shrink)))
  }
  process.stdout.write(`${JSON.stringify({ seed, ...ended, ...(shortest ? { shortest } : {}) })}\n`)
  return ended.lost === undefined
}

let well = true
for (let seed = Number(values.seed); seed < Number(values.seed) + Number(values.walks); seed++) {
  const list = values.walk ? read(values.walk) : operations(seed, Number(values.operations))
  if (values.naive) process.stdout.write(`${JSON.stringify({ seed, ...(await naiveWalk(list, place)) })}\n`)
  else well = (await one(seed, list)) && well
}
process.exitCode = well ? 0 : 3
