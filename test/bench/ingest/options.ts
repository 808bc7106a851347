// What the benchmark is asked for; the flags are explained in run.ts.
import { parseArgs } from 'node:util'
import { among, flagsOr2, positive, TIERS, type Tier } from '../flags.ts'

export const INPUTS = ['vendor', 'canonical'] as const
export type InputName = (typeof INPUTS)[number]

export interface Options {
  /** In Bitfinex's layout; one is made when undefined. */
  readonly file: string | undefined
  /** Of the canonical file. */
  readonly rows: number
  readonly rounds: number
  readonly tiers: readonly Tier[]
  readonly inputs: readonly InputName[]
}

/** What was typed, or ends the process with 2 and why. */
export const readOptions = (args: readonly string[]): Options => flagsOr2(() => read(args), 'test/bench/ingest/run.ts')

function read(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      file: { type: 'string' },
      rows: { type: 'string', default: '5_000_000' },
      rounds: { type: 'string', default: '5' },
      tier: { type: 'string' },
      input: { type: 'string' },
    },
  })
  return {
    file: values.file,
    rows: positive('rows', values.rows),
    rounds: positive('rounds', values.rounds),
    tiers: among(TIERS, 'tier', values.tier),
    inputs: among(INPUTS, 'input', values.input),
  }
}
