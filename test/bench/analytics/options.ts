// What the benchmark is asked for; the flags are explained in run.ts.
import { parseArgs } from 'node:util'
import { among, flagsOr2, positive, TIERS, type Tier } from '../flags.ts'

export interface Options {
  /** One-minute candles of all markets together. */
  readonly rows: number
  readonly rounds: number
  readonly tiers: readonly Tier[]
  /** Where the tables go as JSON too. */
  readonly json: string | undefined
}

/** What was typed, or ends the process with 2 and why. */
export const readOptions = (args: readonly string[]): Options =>
  flagsOr2(() => read(args), 'test/bench/analytics/run.ts')

function read(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rows: { type: 'string', default: '21_000_000' },
      rounds: { type: 'string', default: '5' },
      tier: { type: 'string' },
      json: { type: 'string' },
    },
  })
  return {
    rows: positive('rows', values.rows),
    rounds: positive('rounds', values.rounds),
    tiers: among(TIERS, 'tier', values.tier),
    json: values.json,
  }
}
