// What the benchmark is asked for; the flags are explained in run.ts.
import { parseArgs } from 'node:util'
import { among, flagsOr2, positive } from '../flags.ts'

export const DATA_SETS = ['bitfinex', 'binance-futures', 'ticks', 'candles'] as const
export type DataSetName = (typeof DATA_SETS)[number]

export interface Options {
  readonly rounds: number
  /** The folder with the vendors' files. */
  readonly data: string | undefined
  readonly sets: readonly DataSetName[]
  /** Where the tables go as JSON too. */
  readonly json: string | undefined
}

/** What was typed, or ends the process with 2 and why. */
export const readOptions = (args: readonly string[]): Options =>
  flagsOr2(() => read(args), 'test/bench/compression/run.ts')

function read(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '3' },
      data: { type: 'string' },
      set: { type: 'string' },
      json: { type: 'string' },
    },
  })
  return {
    rounds: positive('rounds', values.rounds),
    data: values.data,
    sets: among(DATA_SETS, 'set', values.set),
    json: values.json,
  }
}
