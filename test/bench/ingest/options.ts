// What the benchmark is asked for; the flags are explained in run.ts.
import { parseArgs } from 'node:util'

export const TIERS = ['plain', 'hypertable'] as const
export type Tier = (typeof TIERS)[number]

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

/** One of `all`, or every one of them when none was asked for. Throws where the word is none of them. */
function among<T extends string>(all: readonly T[], flag: string, word: string | undefined): readonly T[] {
  if (word === undefined) return all
  const found = all.find((one) => one === word)
  if (!found) throw new Error(`--${flag} takes one of ${all.join(', ')}, not "${word}"`)
  return [found]
}

function positive(flag: string, text: string): number {
  const value = Number(text.replaceAll('_', ''))
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${flag} takes a whole number, not "${text}"`)
  return value
}

/** What was typed, or ends the process with 2 and why. */
export function readOptions(args: readonly string[]): Options {
  try {
    return read(args)
  } catch (error) {
    console.error(`${(error as Error).message}; the flags are explained in test/bench/ingest/run.ts`)
    process.exit(2)
  }
}

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
