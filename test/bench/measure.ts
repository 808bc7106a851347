// What every benchmark needs: rivals take turns in one run, and medians are compared.
import { performance } from 'node:perf_hooks'

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

export interface Rival<T = unknown> {
  readonly name: string
  /** Not timed: puts things back as they were. */
  readonly before?: () => unknown
  readonly run: () => T
}

/** Milliseconds of each rival, `rounds` times in turns, after one round that does not count. */
export const inTurns = (rivals: readonly Rival[], rounds: number): Promise<ReadonlyMap<string, readonly number[]>> =>
  toldInTurns(
    rivals.map(({ run, ...rival }) => ({
      ...rival,
      async run() {
        const start = performance.now()
        await run()
        return performance.now() - start
      },
    })),
    rounds,
  )

/** The same where the rivals tell the milliseconds themselves: those in the server, say. */
export async function toldInTurns(
  rivals: readonly Rival<Promise<number>>[],
  rounds: number,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const times = new Map<string, number[]>(rivals.map(({ name }) => [name, []]))
  for (let round = 0; round <= rounds; round += 1) {
    for (const { name, before, run } of rivals) {
      await before?.()
      const ms = await run()
      if (round > 0) times.get(name)!.push(ms)
    }
  }
  return times
}
