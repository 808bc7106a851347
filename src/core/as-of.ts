// What was known at a moment, and what is said of prices too old for it.
import { atLeast, roughly } from '../wording.ts'
import { info, type Note, warn } from './result.ts'

/** How long a tick stands for the price; a candle's close stands for one bar. */
export const TICK_STALENESS_MS = 300_000

/** The future is not known: a moment in it is answered as of now, and that is said. `now` undefined: taken as it is. */
export function asOf(at: string, now: string | undefined): { readonly at: string; readonly notes: readonly Note[] } {
  if (now === undefined || Date.parse(at) <= Date.parse(now)) return { at, notes: [] }
  return { at: now, notes: [info(`${at} is in the future: answered as of now, ${now}`)] }
}

/** How old the newest price was at a moment, and which staleness would accept it. `age` in seconds. */
export const tooOld = (name: string, at: string | undefined, age: number, timestamp: string): Note =>
  warn(
    `${name}: the newest price${at ? ` at ${at}` : ''} is ${roughly(age)} old (${timestamp}); --max-staleness ${atLeast(age)} accepts it`,
  )
